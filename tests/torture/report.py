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
    for at in result["figures"]:
        lines.append(f"\n{at['name']}: {with_unit(at['value'], at['unit'])}.")
    return lines + [f"\nIt ended with: {text.splitlines()[0]}"
                    for text in failures_beside_criteria(result)]


def write(scenarios):
    results = {}
    scenarios = sorted(scenarios, key=lambda one: (int(re.sub(r"\D", "", one.number)), one.number))
    for one in scenarios:
        path = RESULTS / f"{one.name}.json"
        results[one.name] = json.loads(path.read_text()) if path.exists() else None
    lines = [HEAD, "| | | |", "|---|---|---|"]
    for one in scenarios:
        lines.append(f"| {one.number} | {one.title} | {verdict_of(results[one.name])} |")
    for one in scenarios:
        lines += section(one, results[one.name])
    PAGE.write_text("\n".join(lines) + "\n" + ELSEWHERE)
    print(PAGE.relative_to(ROOT))
