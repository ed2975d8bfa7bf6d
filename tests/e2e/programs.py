# SPDX-License-Identifier: MIT
"""Programs that tests start: each with a log of its own, and ended with its test."""
import os
import pathlib
import re
import shutil
import signal
import subprocess
import time

import web

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = ROOT / os.environ.get("PITOT_BUILD", "build/release")
PROMETHEUS = ROOT / "build/servers/prometheus/usr/bin/prometheus"
PROMTOOL = PROMETHEUS.with_name("promtool")
LOG_LINES = 40
NO_PROXY = {key: value for key, value in os.environ.items() if not key.lower().endswith("_proxy")}


def program(name, build=BUILD):
    """`indexer` or `e2e-hammer`, from a build folder."""
    path = build / ("tests" if name.startswith(("e2e-", "torture-")) else ".") / name
    assert path.exists(), f"{path} is not there: `make test` builds it"
    return path


def fixed_addresses(build):
    """What has to precede a program with gcc's thread sanitizer, where addresses vary too much."""
    command = ["setarch", "-R"]
    if build.name != "tsan" or not shutil.which("setarch"):
        return []
    works = subprocess.run(command + ["true"], capture_output=True, check=False).returncode == 0
    return command if works else []


class Program:
    """A process, its output in files. `port` is where it says that it serves."""

    def __init__(self, command, folder, prefix=(), **options):
        self.name = pathlib.Path(command[0]).name
        self.folder = folder
        self.files = [folder / "stdout", folder / "stderr"]
        with open(self.files[0], "wb") as stdout, open(self.files[1], "wb") as stderr:
            self.process = subprocess.Popen(
                [*prefix, *map(str, command)], stdin=subprocess.PIPE, stdout=stdout,
                stderr=stderr, env=NO_PROXY, **options)
        self.pid = self.process.pid

    def stdout(self):
        return self.files[0].read_text(errors="replace")

    def stderr(self):
        return self.files[1].read_text(errors="replace")

    def is_running(self):
        return self.process.poll() is None

    def wait_for_line(self, pattern):
        """The match in its output, which it may still have to write."""
        def look():
            found = re.search(pattern, self.stdout(), re.M)
            assert found or self.is_running(), f"{self.name} ended: {self.log()}"
            return found
        return web.wait_until(look, f"{pattern!r} in the output of {self.name}")

    @property
    def port(self):
        return int(self.wait_for_line(r"^Serving metrics on http://.*:(\d+)/metrics\n")[1])

    def say(self, line):
        self.process.stdin.write(line)
        self.process.stdin.flush()

    def end_input(self):
        self.process.stdin.close()

    def signal(self):
        """SIGTERM, and how many seconds until it ended well."""
        begin = time.monotonic()
        self.process.send_signal(signal.SIGTERM)
        assert self.process.wait(web.PATIENCE) == 0, self.log()
        return time.monotonic() - begin

    def kill(self):
        """The end, for whoever has not ended by now."""
        if self.process.stdin:
            try:
                self.process.stdin.close()
            except OSError:
                pass
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def log(self):
        lines = (self.stdout() + self.stderr()).splitlines()
        return "\n".join([f"{self.name}, {self.process.poll()}:"] +
                         [line[:300] for line in lines[-LOG_LINES:]])

    # ---- What the system says about it ----

    def open_fds(self):
        return len(os.listdir(f"/proc/{self.pid}/fd"))

    def threads(self):
        return len(os.listdir(f"/proc/{self.pid}/task"))

    def resident_bytes(self):
        pages = int(pathlib.Path(f"/proc/{self.pid}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE")

    def cpu_seconds(self):
        stat = pathlib.Path(f"/proc/{self.pid}/stat").read_text()
        fields = stat[stat.rindex(")") + 2:].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
