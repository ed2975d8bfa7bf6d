#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""torture.py -- what an exporter meets on a network, and what its host meets on a machine.

    tests/torture/torture.py [--short] [SCENARIO ...]     run them (`make torture`: all)
    tests/torture/torture.py --list                       their names
    tests/torture/torture.py --report                     docs/RELIABILITY.md from the last results

This folder, for a newcomer:

    scenario.py        what a scenario is, and what it can use: programs, attackers, an honest scraper
    slow.py            T12, T13     clients that send or read slowly; the same against neighbours
    protocol.py        T14          requests/: malformed and odd requests, their exact answers
    routes.py          T15          all that is nearly a route, a method, or a name of the server
    tls.py             T17          old versions, half handshakes, certificates that change
    logins.py          T18          guessers: what they learn, who waits for them
    browser.py         T19          what a page of another origin can have a browser send
    configurations.py  T20          configurations that are bad, or nearly good
    overload.py        T16, T8      more scrapes than it can make; a host without file descriptors
    faults.py          T1, T2       every call that may fail does: src/transport/faults_test.c
    machine.py         T3, T11, T24   no memory, signals, clocks that jump
    process.py         T9, T10      system calls that fail; a storm of children
    values.py          T23          numbers and texts of every kind, in three formats
    labels.py          T21, T22     label values by strangers: too many, and colliding ones
    gates.py           T30          what is measured of the tests and of what is built
    mutants.py         for T30c: the source with one operator changed
    attack.py          the attackers, as processes of their own
    host.c ...         the programs that are tortured: public headers only
    peers/             the neighbours' servers
    test_torture.py    the short form: `make test` runs it
    test_audits.py     one test for each finding of the audits of Prometheus and node_exporter
    report.py          the page

A scenario is a function with @scenario(number, title). It starts programs through its Run, hurts
them, and says what it found: check(name, value, relation, bound) is a criterion, figure() only worth
knowing. The numbers T1 to T30 are those of the plan; the ones that are not here are tests elsewhere,
which the page names. A result is a file build/torture/NAME.json.

The long form judges all criteria and ends with 1 if one is missed. The short form takes a minute and
judges what does not depend on how busy the machine is.
"""
import argparse
import json
import pathlib
import shutil
import sys
import tempfile
import time

sys.dont_write_bytecode = True
import report  # noqa: E402
from scenario import RESULTS, failures_beside_criteria, run, scenarios  # noqa: E402
import browser, configurations, faults, gates, labels, logins, machine, overload, process, protocol, routes, slow, tls, values  # noqa: E401,E402,F401  (each adds its scenarios)


def print_result(result, seconds):
    print(f"{result['number']} {result['name']}: {result['title']}  ({seconds:.0f} s)")
    if result["skipped"]:
        print(f"  not run: {result['skipped']}")
    for one in result["criteria"]:
        verdict = ("PASS" if one["holds"] else "FAIL") if one["judged"] else "    "
        print(f"  {verdict}  {one['name']}: {one['value']} {one['unit']} "
              f"({one['relation']} {one['bound']})")
        for item in one["items"]:
            print(f"          {item}")
    for one in result["figures"]:
        print(f"        {one['name']}: {one['value']} {one['unit']}")
    for failure in failures_beside_criteria(result):
        print(f"  FAIL  {failure}")
    sys.stdout.flush()


def main():
    parser = argparse.ArgumentParser(description="tortures a server, and the program around it")
    parser.add_argument("names", nargs="*", metavar="SCENARIO", help="default: all")
    parser.add_argument("--short", action="store_true", help="what `make test` does")
    parser.add_argument("--list", action="store_true", help="print the names")
    parser.add_argument("--report", action="store_true", help="write docs/RELIABILITY.md")
    options = parser.parse_args()
    if options.list:
        print("\n".join(f"{one.number:<5} {one.name:<20} {one.title}" for one in scenarios.values()))
        return 0
    if options.report:
        report.write(scenarios.values())
        return 0
    unknown = set(options.names) - set(scenarios)
    if unknown:
        parser.error(f"no such scenario: {', '.join(sorted(unknown))}")

    RESULTS.mkdir(parents=True, exist_ok=True)
    failed = []
    wanted = options.names or [one.name for one in scenarios.values()
                               if one.in_short or not options.short]
    for one in map(scenarios.get, wanted):
        folder = pathlib.Path(tempfile.mkdtemp(prefix="torture-"))
        begin = time.monotonic()
        result = run(one, not options.short, folder)
        result["seconds"] = round(time.monotonic() - begin)
        shutil.rmtree(folder, ignore_errors=True)
        print_result(result, result["seconds"])
        (RESULTS / f"{one.name}.json").write_text(json.dumps(result, indent=1) + "\n")
        if result["failures"]:
            failed.append(one.name)
    print(f"FAIL: {', '.join(failed)}" if failed else "PASS")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
