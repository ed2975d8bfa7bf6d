# SPDX-License-Identifier: MIT
"""docs/RELIABILITY.md, from the results of the last run of each scenario."""
import json
import re

from scenario import RESULTS, ROOT, failures_beside_criteria

PAGE = ROOT / "docs" / "RELIABILITY.md"
HEAD = """# Reliability

What Pitot's server and library were put through, and what came of it. `make torture` does it again, `make torture-report`
writes this page; [tests/torture/torture.py](../tests/torture/torture.py) says how it is made. In `make test` a short form of each
runs. The promise that this is the evidence for is in [SECURITY.md](../SECURITY.md).
"""
# What is asked for first: (what, scenario, the name of its criterion or figure).
NUMBERS = [
    ("calls that may fail, each made to fail once", "faults_once", "points"),
    ("the same, each for ever from then on", "faults_for_ever", "points"),
    ("runs in which the kernel failed a system call", "faults", "system calls made to fail"),
    ("children beside threads in the middle of everything", "forks", "children"),
    ("connections of those who drip", "slowloris", "connections that the attackers made"),
    ("malformed and odd requests, times the ways to split them", "protocol", "ways in which they were sent"),
    ("guesses at a password that is known", "cached_passwords", "guesses"),
    ("doubles there and back in three formats", "values", "doubles"),
    ("executions of the fuzzers", "fuzzers", "executions"),
    ("branches of the core that tests take", "coverage", "branches of the core that are taken"),
    ("branches of the transport", "coverage", "branches of the transport that are taken"),
    ("mutants of the core that tests kill", "mutation", "mutants that are killed"),
]
# The same attack on Pitot and its neighbours: T12 and T12b.
NEIGHBOURS = ["honest scrapes answered", "their median", "their 99th percentile",
              "fds beside those at rest", "memory beside that at rest"]
ELSEWHERE = """
## Tested elsewhere, each time `make test` runs

| what | where |
|---|---|
| every allocation fails, once and for ever | `tests/api/faults_test.c` |
| every system call fails, once and for ever, and a sample of the allocations | `src/transport/faults_test.c` |
| recording: exact under threads, signals, fork and promotion, which take no lock and allocate nothing | `tests/proof` |
| 20,000 threads that come and go, 200 times dlopen and dlclose with threads alive | `tests/proof/unload_test.c` |
| no thread-local storage that needs memory on first use | `tests/proof/thread_local` |
| whatever 8 threads are doing: children of fork() do everything, of a raw clone() what needs no lock | `tests/proof/fork_test.c` |
| closefrom(): nothing is done to what has the numbers of the server's fds afterwards | `tests/http/fds_test.c` |
| deadlines, eviction, hang-ups, random bytes | `tests/http/hostile_test.c` |
| every reader, fed with nonsense | `fuzz/`, `make fuzz` |
| every type in every format, read back by other parsers and a real Prometheus | `src/format/*_test.c`, `tests/e2e` |
| the findings of the audits of Prometheus and node_exporter | `tests/torture/test_audits.py` |
"""


def cell(value):
    return f"{value:,.4g}" if isinstance(value, float) and value < 1e4 else f"{value:,.0f}"


def with_unit(value, unit):
    return f"{cell(value)} {unit}".strip()


def verdict_of(result):
    if result is None:
        return "not run"
    if result["skipped"]:
        return f"not run: {result['skipped']}"
    verdict = "FAIL" if result["failures"] else "PASS" if result["criteria"] else "measured"
    return verdict if result["form"] == "long" else f"{verdict} (short form)"


def section(one, result):
    lines = [f"\n## {one.number}: {one.title}\n", f"**{verdict_of(result)}**"]
    if result is None or result["skipped"]:
        return lines
    lines[-1] += f", in {result['seconds']} s.\n"
    if result["criteria"]:
        lines += ["| criterion | is | must be | |", "|---|--:|--:|---|"]
        for at in result["criteria"]:
            verdict = ("pass" if at["holds"] else "**fail**") if at["judged"] else "not judged"
            lines.append(f"| {at['name']} | {with_unit(at['value'], at['unit'])} | {at['relation']} "
                         f"{with_unit(at['bound'], at['unit'])} | {verdict} |")
    if result["figures"]:
        lines += ["", "| besides | |", "|---|--:|"]
        lines += [f"| {at['name']} | {with_unit(at['value'], at['unit'])} |" for at in result["figures"]]
    return lines + [f"\nIt ended with: {text.splitlines()[0]}"
                    for text in failures_beside_criteria(result)]


def found(result, name):
    """A criterion or figure of a result, as text."""
    for at in (result["criteria"] + result["figures"]) if result else []:
        if at["name"] == name:
            return with_unit(at["value"], at["unit"])
    return "not measured"


def at_a_glance(results):
    lines = ["\n## In numbers\n", "| | |", "|---|--:|"]
    lines += [f"| {what} | {found(results[scenario], name)} |" for what, scenario, name in NUMBERS]
    lines += ["\n1,000 connections that drip a byte a second and 200 that say nothing, for a minute (T12, T12b):\n",
              "| | Pitot | prometheus-cpp | client_golang |", "|---|--:|--:|--:|"]
    for name in NEIGHBOURS:
        peers = [found(results["slowloris_on_peers"], f"{peer}: {name}")
                 for peer in ["prometheus_cpp", "client_golang"]]
        lines.append(f"| {name} | {found(results['slowloris'], name)} | {' | '.join(peers)} |")
    return lines


def write(scenarios):
    results = {}
    scenarios = sorted(scenarios, key=lambda one: (int(re.match(r"T(\d+)", one.number)[1]), one.number))
    for one in scenarios:
        path = RESULTS / f"{one.name}.json"
        results[one.name] = json.loads(path.read_text()) if path.exists() else None
    lines = [HEAD, "| | | |", "|---|---|---|"]
    for one in scenarios:
        lines.append(f"| {one.number} | {one.title} | {verdict_of(results[one.name])} |")
    lines += at_a_glance(results)
    for one in scenarios:
        lines += section(one, results[one.name])
    PAGE.write_text("\n".join(lines) + "\n" + ELSEWHERE)
    print(PAGE.relative_to(ROOT))
