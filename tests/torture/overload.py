# SPDX-License-Identifier: MIT
"""T16 and T8: more scrapes than can be made, and a host that is out of file descriptors."""
import os
import subprocess
import time

from scenario import Honest, Watch, library_cpu_seconds, program, report_of, scenario, web

CLIENTS = 64


def increments_a_second(host, seconds):
    """What the host's own work came to meanwhile, for each second of CPU that it had."""
    before = report_of(host)
    time.sleep(seconds)
    after = report_of(host)
    return (after["spun"] - before["spun"]) * 1e9 / max(1, after["cpu_ns"] - before["cpu_ns"])


def beside_the_spinner():
    """The spinner has CPU 0 for itself, if there are others."""
    cpus = os.cpu_count()
    return ["taskset", "-c", f"1-{cpus - 1}"] if cpus > 1 else []


def is_valid(page):
    """Whether the command pitot finds nothing wrong with it."""
    command = [program("pitot"), "check", "--quiet", "--memory-max", "4G", "-"]
    return subprocess.run(command, input=page, capture_output=True, check=False).returncode == 0


@scenario("T16", "64 clients that scrape 100,000 series without a pause do not slow the host down")
def overload(run):
    host = run.start("torture-host", f"series={run.pick(5000, 100000)}", "spin=1", "garbage=1")
    Honest(host.port, patience=60).scrape()
    seconds = run.pick(4, 60)
    idle = increments_a_second(host, run.pick(1, 10))
    attackers = run.attack("loop", host.port, seconds + 1, CLIENTS, prefix=beside_the_spinner())
    before, cpu, begin = report_of(host), library_cpu_seconds(host), time.monotonic()
    busy = increments_a_second(host, seconds - 1)
    cpu = (library_cpu_seconds(host) - cpu) / (time.monotonic() - begin)
    after = report_of(host)
    snapshots = (after["collections"] - before["collections"]) * 1e9 / (
        after["at_ns"] - before["at_ns"])
    seen = run.result_of(attackers)

    run.check("increments, of those when idle", busy / idle * 100, ">=", 90, "%", timed=True)
    run.check("CPU of the library", cpu, "<=", 0.5, "cores", timed=True)
    run.check("snapshots", snapshots, "<=", 1.1, "a second", timed=True)
    run.check("pages that broke off", seen["failed"], "==", 0, timed=True)
    last = Honest(host.port, patience=60)
    run.check("a scrape afterwards", int(last.scrape()), "==", 1)
    run.check("its page is valid, garbage or not", int(is_valid(last.last)), "==", 1)
    run.check("the collector of garbage is counted",
              int(b'pitot_collector_failures_total{collector="garbage"}' in last.last), "==", 1)
    run.figure("pages", seen["pages"])
    run.figure("told to come back later", seen["refused"])
    run.figure("sent", seen["read_bytes"] / 1e6, "MB")


@scenario("T16b", "A collector that sleeps for 5 seconds delays nothing but its own families")
def sleeping_collector(run):
    host = run.start("torture-host", "series=1000", "sleep=5", "garbage=1")
    honest = Honest(host.port, patience=run.pick(4, 2))
    honest.scrape_for(run.pick(1, 20), 2)
    page = honest.last
    run.check("scrapes answered within the time that they allow", honest.answered * 100, ">=", 100, "%")
    run.figure("the longest", honest.quantile_ms(1), "ms")
    run.check("the page is valid", int(is_valid(page)), "==", 1)
    run.check("series of others, less those there are", page.count(b"\ntorture_value{") - 1000, "==", 0)
    run.check("the one that sleeps is reported",
              int(b'pitot_collector_timeouts_total{collector="sleeping"}' in page), "==", 1)
    begin = time.monotonic()
    run.check("another route meanwhile", web.get(host.port, "/-/healthy").status, "==", 200)
    run.figure("that route took", (time.monotonic() - begin) * 1000, "ms")
    run.check("the host's own worst stall", report_of(host)["stall_ns"] / 1e6, "<", 50, "ms",
              timed=True)


def turn_up(port, count):
    """Connections of `count` clients, who wait to be let in."""
    return [web.connect(port) for _ in range(count)]


@scenario("T8", "A host that has no file descriptor left is not made to spin, and is served again")
def starvation(run):
    host = run.start("e2e-starve")
    Honest(host.port).scrape()
    watch = Watch(host)
    host.say(b"eat\n")
    host.wait_for_line("^starving: Too many open files$")
    clients = turn_up(host.port, 200)
    cpu, begin = library_cpu_seconds(host), time.monotonic()
    time.sleep(run.pick(2, 10))
    cpu = (library_cpu_seconds(host) - cpu) / (time.monotonic() - begin)
    host.say(b"release\n")
    host.wait_for_line("^released$")
    begin = time.monotonic()
    honest = Honest(host.port, patience=30)
    web.wait_until(honest.scrape, "a scrape after the release")
    took = time.monotonic() - begin
    for client in clients:
        client.close()
    watch.look()

    run.check("CPU of the library while starving", cpu * 100, "<", 5, "%", timed=True, short=50)
    run.check("the first scrape after the release", took, "<", 1, "s", timed=True, short=20)
    run.check("threads beside those at rest", watch.threads - host.threads(), "==", 0)
