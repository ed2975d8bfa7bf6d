# SPDX-License-Identifier: MIT
"""T21 and T22: label values that strangers choose, too many of them, and colliding ones."""
import re
import subprocess

from scenario import Honest, Watch, program, scenario

SERIES_MAX = 2000
BYTES_OF_A_SERIES = 2048  # what one may cost at most, its rows per CPU included


def sum_of(page, name):
    """Sum, number of series, and value of the overflow series of a counter, on a page."""
    found = re.findall(rf'^{name}{{user="([^"]*)"}} (\d+)$', page.decode(), re.M)
    overflow = sum(int(value) for user, value in found if user == "__overflow__")
    return sum(int(value) for _, value in found), len(found), overflow


@scenario("T21", "5,000,000 label sets against a cap of 2,000 cost no more than 2,000, and count right")
def cardinality(run):
    sets = run.pick(200_000, 5_000_000)
    strangers = run.start("torture-cardinality", sets)
    honest = Honest(strangers.port, patience=30)
    honest.scrape()
    watch = Watch(strangers)
    strangers.say(b"\n")
    while "counted:" not in strangers.stdout():
        honest.scrape_for(0.2, 0.1, watch)
        assert strangers.is_running(), strangers.log()
    scraped = honest.asked
    p99 = int(strangers.wait_for_line(r"^counted: p50_us=\d+ p99_us=(\d+)$")[1])
    honest.scrape()
    total, series, overflow = sum_of(honest.last, "users_total")
    dropped = re.search(rb'^pitot_dropped_total{reason="series_limit"} (\d+)$', honest.last, re.M)

    run.check("sum over series and overflow, less what was counted", total - sets, "==", 0)
    run.check("series, with the one for the overflow", series, "==", SERIES_MAX + 1)
    run.check("dropped as counted, less what overflowed", int(dropped[1]) - overflow, "==", 0)
    run.check("memory beside that before", watch.grown_bytes / 1024, "<=",
              SERIES_MAX * BYTES_OF_A_SERIES / 1024 + 4096, "KiB")
    run.check("look-ups when full, 99th percentile", p99, "<", 20, "us", timed=True)
    run.check("scrapes answered meanwhile", honest.answered * 100, ">=", 99, "%", timed=True)
    run.figure("label sets", sets)
    run.figure("scrapes meanwhile", scraped)


@scenario("T22", "Label values that collide for whoever does not know the key cost what others cost")
def flooding(run):
    keys = run.pick(1000, 20000)
    out = subprocess.run([program("torture-flood"), str(keys)], capture_output=True, text=True,
                         check=True).stdout
    costs = {kind: (float(make), float(find)) for kind, make, find in
             re.findall(r"^(\w+): make_ns=([\d.]+) find_ns=([\d.]+)$", out, re.M)}
    for kind in ["zeros", "made_of_zeros"]:
        for what, mine, random in zip(["making", "finding"], costs[kind], costs["random"]):
            run.check(f"{what} them, for a key {kind.replace('_', ' ')}: of random values",
                      mine / random, "<", 2, "times", timed=True, short=10)
    run.check("finding them, for whoever does know it: of random values",
              costs["known"][1] / costs["random"][1], ">=", 3, "times")
    run.figure("values", keys)
