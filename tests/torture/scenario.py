# SPDX-License-Identifier: MIT
"""What scenarios are made of: the list of them, and one run of one, with its criteria and figures."""
import http.client
import json
import operator
import os
import pathlib
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "e2e"))

from programs import BUILD, ROOT, Program, fixed_addresses, program  # noqa: E402
import web  # noqa: E402

RESULTS = ROOT / "build" / "torture"
HOLDS = {"<=": operator.le, ">=": operator.ge, "==": operator.eq, "<": operator.lt, ">": operator.gt}

scenarios = {}  # name -> Scenario


class Scenario:
    def __init__(self, number, title, body, in_short):
        self.number, self.title, self.body, self.in_short = number, title, body, in_short
        self.name = body.__name__


def scenario(number, title, in_short=True):
    """Makes a function of a Run a scenario. `title` is a sentence that is true of Pitot."""
    def add(body):
        scenarios[body.__name__] = Scenario(number, title, body, in_short)
        return body
    return add


class Skip(Exception):
    """It cannot be run here: why."""


class Run:
    """One run: starts programs, ends them, and keeps what was found.

    The long form judges every criterion. The short form judges what does not depend on how busy the
    machine is: criteria that are not `timed`, and `timed` ones against `short`, a generous bound.
    """

    def __init__(self, wanted, long, folder):
        self.scenario, self.long, self.folder = wanted, long, folder
        self.criteria, self.figures, self.programs, self.others = [], [], [], []
        self.failures, self.started = [], 0

    def pick(self, short, long):
        return long if self.long else short

    # ---- Programs ----

    def start(self, name, *arguments, build=BUILD, prefix=(), **options):
        """A program of this project by its name, any other one by its path."""
        command = name if os.sep in str(name) else program(name, build)
        self.started += 1
        folder = self.folder / str(self.started)
        folder.mkdir(parents=True)
        started = Program([command, *arguments], folder,
                          prefix=[*fixed_addresses(build), *prefix], **options)
        self.programs.append(started)
        return started

    def attack(self, kind, port, seconds, *arguments, prefix=()):
        """Starts attackers; result_of() waits for their end."""
        started = subprocess.Popen(
            [*prefix, sys.executable, "-B", HERE / "attack.py", kind, str(port), str(seconds),
             *map(str, arguments)], stdout=subprocess.PIPE)
        self.others.append(started)
        return started

    @staticmethod
    def result_of(attackers):
        out, _ = attackers.communicate(timeout=600)
        assert attackers.returncode == 0, "the attackers failed"
        return json.loads(out)

    def end(self, started):
        """Ends a program, which must not have ended badly by itself."""
        self.programs.remove(started)
        died = started.process.poll()
        started.kill()
        if died not in (None, 0):
            self.failures.append(f"{started.name} ended: {started.log()}")
        if "Sanitizer" in started.stderr():
            self.failures.append(f"a sanitizer's report: {started.log()}")

    def end_all(self):
        for other in self.others:
            other.kill()
            other.wait()
        for started in list(reversed(self.programs)):
            self.end(started)

    # ---- What is found ----

    def check(self, name, value, relation, bound, unit="", timed=False, short=None, items=()):
        """A criterion. `items` are what `value` counts, for whoever has to look for them."""
        if not self.long and timed:
            judged, bound = short is not None, bound if short is None else short
        else:
            judged = True
        holds = bool(HOLDS[relation](value, bound))
        self.criteria.append({"name": name, "value": tidy(value), "relation": relation,
                              "bound": bound, "unit": unit, "judged": judged, "holds": holds,
                              "items": list(items)})
        if judged and not holds:
            self.failures.append("\n    ".join(
                [f"{name}: {tidy(value)} {unit}, not {relation} {bound}", *items]))

    def figure(self, name, value, unit=""):
        self.figures.append({"name": name, "value": tidy(value), "unit": unit})

    def result(self, skipped=None):
        return {"name": self.scenario.name, "number": self.scenario.number,
                "title": self.scenario.title, "form": "long" if self.long else "short",
                "skipped": skipped, "criteria": self.criteria, "figures": self.figures,
                "failures": self.failures}


def failures_beside_criteria(result):
    """A program that died, a sanitizer's report, an attack that could not be made."""
    missed = [one["name"] for one in result["criteria"] if one["judged"] and not one["holds"]]
    return [text for text in result["failures"]
            if not any(text.startswith(f"{name}: ") for name in missed)]


def tidy(value):
    return float(f"{value:.4g}") if isinstance(value, float) else value


def run(wanted, long, folder):
    """The result of one scenario, as a dict."""
    this = Run(wanted, long, folder)
    skipped = None
    try:
        wanted.body(this)
    except Skip as reason:
        skipped = str(reason)
    except Exception as error:  # pylint: disable=broad-except
        this.failures.append(f"{type(error).__name__}: {error}")
    finally:
        this.end_all()
    return this.result(skipped)


# ---- Looking at a program while it is under attack ----

class Watch:
    """The most memory and fds that a program was seen to have; sampled by whoever calls look()."""

    def __init__(self, watched):
        self.watched = watched
        self.rss_before, self.rss = watched.resident_bytes(), 0
        self.fds_before, self.fds, self.threads = watched.open_fds(), 0, 0
        self.look()

    def look(self):
        self.rss = max(self.rss, self.watched.resident_bytes())
        self.fds = max(self.fds, self.watched.open_fds())
        self.threads = max(self.threads, self.watched.threads())

    @property
    def grown_bytes(self):
        return self.rss - self.rss_before


class Honest:
    """A scraper that asks every `period` seconds for a page, as Prometheus does, and notes how long it
    took. It says how long it waits. With a `context` it asks by HTTPS."""

    def __init__(self, port, patience=5.0, headers=None, context=None):
        self.port, self.patience = port, patience
        self.headers, self.context = {
            "Connection": "close", "X-Prometheus-Scrape-Timeout-Seconds": str(patience),
            **(headers or {})}, context
        self.asked, self.seconds, self.last = 0, [], b""

    def connection(self):
        if self.context:
            return http.client.HTTPSConnection("127.0.0.1", self.port, timeout=self.patience,
                                               context=self.context)
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=self.patience)

    def scrape(self):
        begin = time.monotonic()
        self.asked += 1
        client = self.connection()
        try:
            client.request("GET", "/metrics", headers=self.headers)
            answer = client.getresponse()
            body = answer.read()
        except (OSError, http.client.HTTPException):
            return False
        finally:
            client.close()
        if answer.status != 200 or not body.endswith(b"\n"):
            return False
        self.last = body
        self.seconds.append(time.monotonic() - begin)
        return True

    def scrape_for(self, seconds, period, watch=None):
        begin = time.monotonic()
        turn = 0
        while time.monotonic() < begin + seconds:
            self.scrape()
            turn += 1
            while True:
                if watch:
                    watch.look()
                left = begin + turn * period - time.monotonic()
                if left <= 0:
                    break
                time.sleep(min(left, 0.1))

    @property
    def answered(self):
        return len(self.seconds) / self.asked if self.asked else 0.0

    def quantile_ms(self, q):
        """Of all that were asked: who got no answer waited for ever."""
        waits = sorted(self.seconds) + [float("inf")] * (self.asked - len(self.seconds))
        wait = waits[min(len(waits) - 1, int(q * len(waits)))]
        return wait * 1000 if wait != float("inf") else self.patience * 1000


def report_of(host):
    """What torture-host saw since it was last asked."""
    number = getattr(host, "reports", 0) + 1
    host.reports = number
    host.say(b"report\n")
    line = host.wait_for_line(rf"^report {number}: (.*)$")[1]
    return {key: int(value) for key, value in (field.split("=") for field in line.split())}


def library_cpu_seconds(watched):
    """CPU time of the threads that belong to the library."""
    ticks = 0
    for task in pathlib.Path(f"/proc/{watched.pid}/task").iterdir():
        stat = (task / "stat").read_text()
        if stat[stat.index("(") + 1:].startswith("pitot-"):
            fields = stat[stat.rindex(")") + 2:].split()
            ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


__all__ = ["BUILD", "HERE", "Honest", "RESULTS", "ROOT", "Run", "Skip", "Watch", "failures_beside_criteria",
           "fixed_addresses", "library_cpu_seconds", "program", "report_of", "run", "scenario", "scenarios", "web"]
