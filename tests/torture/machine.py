# SPDX-License-Identifier: MIT
"""T3, T11 and T24: no memory, signals and cancelled threads, and clocks that jump."""
import json
import pathlib
import re
import subprocess
import time

import pages
from scenario import Honest, Skip, program, scenario, web

FAKETIME = pathlib.Path("/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1")


@scenario("T3", "A host at the limit of its address space keeps counting, and loses only new series")
def squeeze(run):
    host = run.start("torture-squeeze")
    found = host.wait_for_line(r"^squeezed: made=(\d+) refused=(\d+) kept=(\d+)$")
    made, refused, kept = map(int, found.groups())
    starved = Honest(host.port)
    starved.scrape()
    host.say(b"x\n")
    host.wait_for_line("^released$")
    page = pages.parse(web.get(host.port))
    samples = pages.samples_of(page)
    tried = [value for (name, _), value in samples.items() if name == "tried_total"]

    run.check("updates of what existed, by two threads", kept, "==", 2_000_000)
    run.check("series that were refused, less those counted",
              refused - int(pages.value_of(samples, "pitot_dropped_total", reason="memory")), "==", 0)
    run.check("series on the page afterwards, less those made", len(tried) - made, "==", 0)
    run.check("of these with another value than 1", len([v for v in tried if v != 1]), "==", 0)
    run.check("stayed alive", int(host.is_running()), "==", 1)
    run.figure("series made in a MiB", made)
    run.figure("a page without memory was made", int(bool(starved.seconds)))


@scenario("T11", "Updates that signals interrupt 10,000 times a second, or that are cancelled, stay exact")
def signals(run):
    updates, cancellations = run.pick((500_000, 50), (20_000_000, 1000))
    out = subprocess.run([program("torture-signals"), str(updates), str(cancellations)],
                         capture_output=True, text=True, check=True).stdout
    seen = {key: float(value) for key, value in re.findall(r"(\w+)=([\d.]+)", out)}
    expected = seen["recorded"] + seen["handled"]

    run.check("counter, less what was recorded", seen["counter"] - expected, "==", 0)
    run.check("count of the histogram, less that", seen["count"] - expected, "==", 0)
    run.check("its sum, less half of that", seen["sum"] - expected / 2, "==", 0)
    ahead = seen["cancelled"] - seen["ledger"]
    run.check("updates of cancelled threads that are lost", ahead, ">=", 0)
    run.check("that were counted, but not noted by the thread", ahead, "<=", cancellations + 10)
    run.check("memory beside that before", seen["grown_kib"], "<=", 1024, "KiB")
    run.figure("updates", updates)
    run.figure("signals", int(seen["handled"]))
    run.figure("cancelled threads", cancellations)


def clock_samples(port):
    """What a step of the clock must not touch, and what it must not turn back."""
    samples = pages.samples_of(pages.parse(web.get(port)))
    fixed = {"process_start_time_seconds": pages.value_of(samples, "process_start_time_seconds")}
    for family in json.loads(web.get(port, accept="application/json").body)["families"]:
        for series in family["series"]:
            if "start" in series:
                fixed[f"{family['name']}{series.get('labels', '')}"] = series["start"]
    durations = {key: value for key, value in samples.items() if key[0].endswith("_seconds_sum")}
    return fixed, durations


@scenario("T24", "A clock that jumps a day back or ten years on makes no duration wrong")
def clocks(run):
    if not FAKETIME.exists():
        raise Skip("libfaketime is not installed")
    step = run.folder / "step"
    step.parent.mkdir(parents=True, exist_ok=True)
    step.write_text("+0")
    host = run.start("torture-host", "series=1", prefix=[
        "env", f"LD_PRELOAD={FAKETIME}", f"FAKETIME_TIMESTAMP_FILE={step}", "FAKETIME_NO_CACHE=1",
        "DONT_FAKE_MONOTONIC=1"])
    fixed, durations = clock_samples(host.port)
    begin = time.monotonic()
    moved, wrong, answered = [], [], 0
    steps = ["-1d", "+10y", "+0", "-30y", "+100y", "+0 x100"]
    for offset in steps:
        step.write_text(offset)
        time.sleep(run.pick(0.3, 3))
        now_fixed, now_durations = clock_samples(host.port)
        answered += 1
        moved += [f"{offset}: {key}" for key, value in fixed.items() if now_fixed.get(key) != value]
        elapsed = time.monotonic() - begin
        for key, value in durations.items():
            grown = now_durations.get(key, value) - value
            if not 0 <= grown <= elapsed * 2 + 10:
                wrong.append(f"{offset}: {key[0]} grew by {grown} s")
    run.check("scrapes answered", answered, "==", len(steps))
    run.check("starts that moved", len(moved), "==", 0, items=moved)
    run.check("durations that are wrong", len(wrong), "==", 0, items=wrong)
    run.check("starts looked at", len(fixed), ">=", 3)
    run.check("durations looked at", len(durations), ">=", 1)
    run.figure("jumps", len(steps))
