# SPDX-License-Identifier: MIT
"""T30: what is measured of the tests and of what is built, rather than of a program under attack."""
import concurrent.futures
import json
import os
import re
import shutil
import subprocess

import mutants
from programs import NO_PROXY
from scenario import HERE, ROOT, Skip, scenario

JOBS = os.cpu_count() or 1
COVERAGE = ROOT / "build" / "coverage"
CORE = re.compile(r"src/(?!transport/)")


def call(*command, timeout=1800, env=None):
    """(exit status, what it printed); a status of None when it took too long."""
    try:
        done = subprocess.run(list(map(str, command)), cwd=ROOT, capture_output=True, text=True,
                              errors="replace", timeout=timeout, check=False,
                              env={**NO_PROXY, **(env or {})})
    except subprocess.TimeoutExpired:
        return None, ""
    return done.returncode, done.stdout + done.stderr


def need(*programs):
    for name in programs:
        if not shutil.which(name):
            raise Skip(f"{name} is not installed")


def must(*command, timeout=1800):
    status, said = call(*command, timeout=timeout)
    assert status == 0, f"{command[0]} ended with {status}: {said[-2000:]}"
    return said


# ---- (a) Under checkers that `make test` does not use ----

# What has limits of time or memory (lifetime, text_family), runs for minutes there (faults, round_trip),
# starts itself anew to be without rseq, which is how it is in valgrind anyway (rung), or counts descriptors,
# of which valgrind has some that it does not own up to (process, fds).
UNCHECKED = re.compile(r"-(lifetime|text_family|round_trip|faults|rung|process|fds)-test$")
PATIENCE_S = 240


def unit_tests(pattern):
    tests = sorted((ROOT / "build" / "release" / "tests").glob("*-test"))
    return [test for test in tests if re.search(pattern, test.name) and not UNCHECKED.search(test.name)]


def check_each(run, tests, *checker):
    def look_at(test):
        return call(*checker, test, timeout=PATIENCE_S, env={"SOURCE_DIR": str(ROOT)})

    reports, slow = [], []
    with concurrent.futures.ThreadPoolExecutor(JOBS) as pool:
        for test, (status, said) in zip(tests, pool.map(look_at, tests)):
            if status is None:
                slow.append(test.name)
            elif status != 0 or "ERROR SUMMARY: 0 errors" not in said:
                reports.append(f"{test.name} ended with {status}: {said[-600:]}")
    run.check("programs with a report", len(reports), "==", 0, items=reports)
    run.check("programs looked at", len(tests) - len(slow), ">=", max(1, len(tests) * 0.9))
    if slow:
        run.figure(f"took longer than {PATIENCE_S} s ({', '.join(slow)})", len(slow))


@scenario("T30a", "Valgrind's memcheck has nothing to report of any unit test", in_short=False)
def memcheck(run):
    need("valgrind")
    check_each(run, unit_tests(r"^(base|storage|instrument|snapshot|collect|format|transport|api)-"),
               "valgrind", "--leak-check=full", "--errors-for-leak-kinds=definite,indirect",
               "--child-silent-after-fork=yes", "--fair-sched=yes")


@scenario("T30a2", "Neither has helgrind of those whose threads meet at locks", in_short=False)
def helgrind(run):
    need("valgrind")
    # Not of those that meet at atomic words: it does not understand these, and the thread sanitizer does.
    check_each(run, unit_tests(r"^(base-lock|transport-(auth|scrape)|api-(collector|deadline|setup))-|^snapshot-"),
               "valgrind", "--tool=helgrind", f"--suppressions={HERE / 'helgrind.supp'}", "--fair-sched=yes",
               "--child-silent-after-fork=yes")


# ---- (b) Branches ----

def branches(wanted):
    """(taken, all, the files with most left) of what the last tests in build/coverage ran."""
    found = json.loads(must("gcovr", "-r", ROOT, COVERAGE, "-f", r".*src/.*", "-e", r".*_test\.c",
                            "--json-summary", "--gcov-ignore-parse-errors"))
    files = [one for one in found["files"] if bool(CORE.search(one["filename"])) == wanted]
    left = sorted(files, key=lambda one: one["branch_covered"] - one["branch_total"])
    return (sum(one["branch_covered"] for one in files), sum(one["branch_total"] for one in files),
            [f"{one['filename']}: {one['branch_total'] - one['branch_covered']} of "
             f"{one['branch_total']} not taken" for one in left[:10]])


@scenario("T30b", "The tests take every branch but a few", in_short=False)
def coverage(run):
    need("gcovr")
    must("cmake", "--preset", "coverage")
    must("cmake", "--build", "--preset", "coverage")
    for old in COVERAGE.rglob("*.gcda"):
        old.unlink()
    # What protects memory from being written to cannot live with counters of branches there, and
    # the other proofs, and a million series, take minutes for branches that others take too.
    call("ctest", "--preset", "coverage", "-j", str(JOBS), "-E", "^proof/")
    call("/usr/bin/python3", "-m", "pytest", "-q", "-n", str(JOBS), "--dist", "loadfile", "tests/e2e",
         "tests/torture/test_audits.py", "--ignore", "tests/e2e/test_million.py",
         env={"PITOT_BUILD": "build/coverage"})
    for name, core, bar in [("branches of the core", True, 95), ("branches of the transport", False, 90)]:
        taken, count, left = branches(core)
        run.check(f"{name} that are taken", 100 * taken / count, ">=", bar, "%", items=left)
        run.figure(name, count)


# ---- (c) Mutants ----

@scenario("T30c", "Tests notice it when one operator of the core is wrong", in_short=False)
def mutation(run):
    need("cmake")
    lab = mutants.Lab(ROOT, seed=30)
    lab.prepare()
    sample, places = lab.pick(60)
    outcomes = {"killed": [], "alive": [], "none": []}
    for path, place in sample:
        outcomes[lab.try_one(path, place)].append(lab.describe(path, place))
    tried = len(outcomes["killed"]) + len(outcomes["alive"])
    run.check("mutants that are killed", 100 * len(outcomes["killed"]) / tried, ">=", 80, "%",
              items=outcomes["alive"])
    run.figure("mutants", tried)
    run.figure("places where one could be", places)
    shutil.rmtree(lab.lab, ignore_errors=True)


# ---- (f), (h), (j) Numbers that wrap, what is built, fuzzers ----

# What wraps: the program, and the tests in it that say how.
WRAPS = {
    "counters at 2^53 and 2^64": ("api-counter-test", "amounts_add_up_to_the_text_on_the_page "
                                  "a_counter_is_exact_to_the_last_integer_and_then_wraps"),
    "turns of an exemplar's slot at 2^64": ("storage-slot-test", "turns_wrap_around"),
    "intervals in which series get hot at 32": (
        "instrument-series-test", "recordings_of_before_the_last_snapshot_make_nothing_hot"),
    "the ring of a window, and windows after 49.7 days": (
        "instrument-window-test", "at_every_moment_it_covers_its_length_less_up_to_a_part "
        "a_window_goes_on_after_fifty_days"),
    "deadlines of connections after 24.8 and 49.7 days": (
        "transport-connections-test", "deadlines_hold_where_milliseconds_pass_32_bits"),
    "moments where the clock's counter runs ahead": (
        "base-moment-test", "moments_agree_with_the_clock_once_the_counter_is_used"),
}


@scenario("T30f", "Numbers wrap around where they are documented to, and nowhere else")
def wrap_around(run):
    for name, (program, tests) in WRAPS.items():
        status, said = call(ROOT / "build" / "release" / "tests" / program, timeout=300)
        missed = [test for test in tests.split() if f"[       OK ] {test}\n" not in said]
        run.check(name, len(missed), "==", 0,
                  items=[f"{test} in {program}, which ended with {status}" for test in missed])


@scenario("T30h", "The libraries export pitot_ and nothing else, and are hardened")
def hardening(run):
    for script in ["check-exports", "check-flags"]:
        status, said = call(ROOT / "scripts" / script)
        run.check(f"faults that scripts/{script} finds", 0 if status == 0 else 1, "==", 0, items=[said])


@scenario("T30j", "Fuzzers find nothing in what reads the bytes of others", in_short=False)
def fuzzers(run):
    need("clang")
    must("cmake", "--preset", "fuzz")
    must("cmake", "--build", "--preset", "fuzz", "--target", "fuzzers")
    status, said = call(ROOT / "fuzz" / "run", 30, ROOT / "build" / "fuzz")
    executions = [int(n) for n in re.findall(r"number_of_executed_units: *(\d+)", said)]
    run.check("crashes, leaks and hangs", 0 if status == 0 else 1, "==", 0,
              items=[said[-600:]] if status != 0 else [])
    targets = list((ROOT / "build" / "fuzz" / "tests").glob("fuzz-*"))
    run.check("targets that ran", len(executions), "==", len(targets))
    run.figure("executions", sum(executions))
