# SPDX-License-Identifier: MIT
"""T1 and T2: every allocation and every system call of six lives fails, once and for ever."""
import re
import subprocess

from protocol import sanitized
from scenario import Skip, fixed_addresses, scenario

HOURS = 2 * 3600


def live_through(run, mode):
    program = sanitized() / "tests/transport-faults-test"
    if not program.exists():
        raise Skip("the build with sanitizers (and PITOT_FAULTS) is not there")
    done = subprocess.run([*fixed_addresses(sanitized()), program, "all", mode], capture_output=True,
                          text=True, timeout=HOURS, check=False)
    lines = re.findall(r"^(\w+) of \w+: points=(\d+)", done.stdout, re.M)
    wrong = [line for line in (done.stdout + done.stderr).splitlines()
             if "PITOT_FAULT=" in line or "SUMMARY:" in line]

    run.check("lives that crashed, hung, leaked, or were not whole afterwards",
              max(len(wrong), int(done.returncode != 0)), "==", 0, items=wrong)
    run.check("points", sum(int(points) for _, points in lines), ">", 1000)
    run.figure("of these allocations", sum(int(points) for site, points in lines if site == "alloc"))
    run.figure("kinds of system calls", len({site for site, _ in lines}) - 1)


@scenario("T1", "Each allocation and each system call may fail: no crash, no leak, and the next page is whole",
          in_short=False)
def faults_once(run):
    live_through(run, "once")


@scenario("T2", "They may all fail from any point on for ever, until they do not any more",
          in_short=False)
def faults_for_ever(run):
    live_through(run, "forever")
