# SPDX-License-Identifier: MIT
"""T9 and T10: system calls that fail from outside, and a storm of children."""
import http.client
import shutil
import subprocess
import time

import pages
from scenario import Skip, program, scenario, web


@scenario("T10", "Children of every kind, beside threads that are in the middle of everything, do not hang")
def forks(run):
    if is_sanitized("torture-forks"):
        raise Skip("a sanitizer's own locks do not survive a fork beside busy threads")
    children = run.pick(100, 5000)
    host = run.start("torture-forks", children)
    found = host.wait_for_line(
        r"^storm: children=\d+ hung=(\d+) wrong=(\d+) lacks=(-?\d+) waitable=(\d)$")
    hung, wrong, lacks, waitable = map(int, found.groups())
    run.check("children that hung", hung, "==", 0)
    run.check("children that saw something wrong", wrong, "==", 0)
    run.check("updates of the parent that are lost", lacks, "==", 0)
    run.check("children that nobody waited for", waitable, "==", 0)
    run.check("the parent still serves", web.get(host.port).status, "==", 200)
    run.figure("children", children)
    host.say(b"x\n")


def is_sanitized(name):
    needed = subprocess.run(["ldd", program(name)], capture_output=True, text=True, check=False)
    return "libasan" in needed.stdout or "libtsan" in needed.stdout


# What the server calls while it serves, and what the kernel may say to it. (Not read(): the host reads
# its own input with it, and ends.)
CALLS = {
    "accept4": ["EINTR", "EAGAIN", "ECONNABORTED", "EMFILE", "ENFILE", "ENOMEM", "ENOBUFS", "EPERM",
                "EPROTO"],
    "recvfrom": ["EINTR", "EAGAIN", "ECONNRESET", "ENOMEM", "EIO"],
    "sendto": ["EINTR", "EAGAIN", "ECONNRESET", "ENOBUFS", "ENOMEM", "EPIPE"],
    "sendmsg": ["EINTR", "EAGAIN", "ECONNRESET", "ENOBUFS", "EPIPE"],
    "epoll_wait": ["EINTR"],
    "epoll_ctl": ["ENOMEM", "ENOSPC"],
    "poll": ["EINTR", "ENOMEM"],
    "getpeername": ["ENOTCONN", "ENOBUFS"],
    "setsockopt": ["EINVAL", "ENOMEM"],
    "mmap": ["ENOMEM", "EAGAIN"],
    "madvise": ["EINVAL", "ENOMEM"],
    "openat": ["EMFILE", "ENFILE", "ENOMEM", "EACCES"],
    "pread64": ["EINTR", "EIO"],
    "write": ["EINTR"],
    "getdents64": ["ENOENT", "EIO"],
}
FATAL_TO_THE_SERVER = ["epoll_ctl"]
PLACES = [1, 2, 3, 10]


def survives(run, call, error, place):
    """Whether the host lives after the call has failed at that place, and serves a sound page; for
    a call that the HTTP engine cannot do without, whether it lives."""
    host = run.start("torture-host", "series=10")
    assert host.port
    tracer = subprocess.Popen(
        ["strace", "-f", "-p", str(host.pid), "-o", "/dev/null", "-e", f"trace={call}",
         "-e", f"inject={call}:error={error}:when={place}"],
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    try:
        begun = tracer.stderr.readline()
        if "attached" not in begun:
            raise Skip(f"strace may not look at a process here: {begun.strip()}")
        for _ in range(4):
            try:
                web.get(host.port)
            except (OSError, http.client.HTTPException):
                pass  # this scrape may be lost
        tracer.terminate()
        tracer.wait(web.PATIENCE)
        if call in FATAL_TO_THE_SERVER:
            return host.is_running()
        return host.is_running() and bool(pages.parse(web.get(host.port)))
    finally:
        tracer.kill()
        tracer.wait()
        tracer.stderr.close()
        run.end(host)


@scenario("T9", "A system call that fails, of whatever kind and at whatever time, costs one scrape at most")
def faults(run):
    if not shutil.which("strace"):
        raise Skip("strace is not installed")
    cases = [(call, error, place) for call, errors in CALLS.items() for error in errors
             for place in PLACES]
    cases = cases[::run.pick(len(cases) // 6, 1)]
    begin = time.monotonic()
    dead = [f"{call}: {error} at call {place}" for call, error, place in cases
            if not survives(run, call, error, place)]
    run.check("after which it did not live and serve", len(dead), "==", 0, items=dead)
    run.figure("system calls made to fail", len(cases))
    run.figure("seconds each", (time.monotonic() - begin) / len(cases))
