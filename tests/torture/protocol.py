# SPDX-License-Identifier: MIT
"""T14: every request of requests/, whole and split, and what has to come back.

The server runs under the address and undefined behaviour sanitizers where that build is there. A
request that is answered otherwise than the index demands has to be in requests/differs, and one that
is there has to differ: so that list is true. It says why each of them is so.
"""
import concurrent.futures
import itertools
import os
import pathlib
import random
import re
import socket
import time

from scenario import BUILD, HERE, ROOT, Honest, Watch, scenario, web

REQUESTS = HERE / "requests"
MARKER = b"Zq7x"
PROBE = b"GET /-/healthy HTTP/1.1\r\nHost: localhost\r\n\r\n"
WORKERS = 32
PATIENCE = 9  # seconds; the header deadline is 5
SPLIT_S = 0.002  # between the parts: the server has read the first one by then
SPLITS_MAX = 600  # of one request; only the large ones have more positions
NEVER = re.compile(rb"^(location|server|x-powered-by|set-cookie|access-control-[\w-]+):", re.I | re.M)


class Request:
    def __init__(self, name, statuses, end, rule):
        self.name, self.end, self.rule = name, end, rule
        self.statuses = [set(map(int, one.split("|"))) for one in statuses.split(",")]
        self.data = (REQUESTS / f"{name}.http").read_bytes()
        self.is_whole = not name.startswith("half-")

    def is_answered_by(self, outcome):
        return (len(outcome.statuses) == len(self.statuses) and
                all(one in allowed for one, allowed in zip(outcome.statuses, self.statuses)) and
                self.end in ("either", outcome.end))


class Outcome:
    """What came back: statuses, a 0 for an end with no (or no whole) response, and how it ended."""

    def __init__(self):
        self.statuses, self.end, self.responses = [], "close", b""

    def __str__(self):
        return f"{','.join(map(str, self.statuses))} {self.end}"


def rows(path):
    lines = path.read_text().splitlines() if path.exists() else []
    return [line.split(None, 3) for line in lines if line and not line.startswith("#")]


def read_index():
    return [Request(row[0], row[1], row[2], (row + [""])[3]) for row in rows(REQUESTS / "index")]


class Reader:
    """Responses, one by one, from a connection."""

    def __init__(self, connection):
        self.connection, self.data, self.ended = connection, b"", False

    def more(self):
        try:
            chunk = self.connection.recv(65536)
        except ConnectionError:
            chunk = b""
        self.ended = not chunk
        self.data += chunk
        return not self.ended

    def take(self, size):
        while len(self.data) < size and self.more():
            pass
        taken, self.data = self.data[:size], self.data[size:]
        return taken

    def take_line(self):
        while b"\n" not in self.data and self.more():
            pass
        return self.take(self.data.index(b"\n") + 1) if b"\n" in self.data else b""

    def take_body(self, head):
        length = re.search(rb"^content-length: *(\d+)", head, re.I | re.M)
        if length:
            return self.take(int(length[1]))
        body = b""
        if re.search(rb"^transfer-encoding: *chunked", head, re.I | re.M):
            while size := int(self.take_line() or b"0", 16):
                body += self.take(size + 2)[:-2]
            self.take_line()
            return body
        while self.more():
            pass
        return self.take(len(self.data))

    def response(self, has_body):
        """Head and body; None at the end."""
        while b"\r\n\r\n" not in self.data:
            if not self.more():
                return None
        head = self.take(self.data.index(b"\r\n\r\n") + 4)
        if head[9:12] == b"100":
            return self.response(has_body)
        return head, self.take_body(head) if has_body else b""


def send_parts(connection, parts):
    for i, part in enumerate(parts):
        if i:
            time.sleep(SPLIT_S)
        try:
            connection.sendall(part)
        except (ConnectionError, socket.timeout):
            return  # what was answered before that can still be read


def try_request(port, request, parts):
    """Sends the parts of a request, and a sound one after it if the connection should stay."""
    outcome = Outcome()
    with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        reader = Reader(connection)
        send_parts(connection, parts)
        try:
            for i in range(len(request.statuses)):
                is_head = i == 0 and request.data.startswith(b"HEAD ")
                response = reader.response(not is_head)
                if response is None:
                    outcome.statuses.append(0)
                    return outcome
                outcome.statuses.append(int(response[0][9:12]))
                outcome.responses += b"".join(response)
            outcome.end = how_it_ends(connection, reader, request, outcome)
        except (socket.timeout, ValueError):
            outcome.end = "hangs"
    return outcome


def how_it_ends(connection, reader, request, outcome):
    """Whether the connection stays in step: a sound request after it is answered as one."""
    announced = b"connection: close" in outcome.responses.lower()
    if request.end == "close" or announced:
        connection.settimeout(1 if request.is_whole else PATIENCE)
        try:
            extra = reader.response(True)
        except socket.timeout:
            return "keep"
        if extra:
            outcome.statuses.append(int(extra[0][9:12]))
        return "close"
    send_parts(connection, [PROBE])
    probe = reader.response(True)
    if probe and probe[0][9:12] == b"200" and probe[1] == b"Healthy.\n":
        return "keep"
    return "close" if probe is None else "out-of-step"


def positions(request, long):
    """Where to split: everywhere, or at some places that differ from request to request."""
    every = range(1, len(request.data))
    wanted = SPLITS_MAX if long else 4
    if len(every) <= wanted:
        return list(every)
    return sorted(random.Random(request.name).sample(every, wanted))


def try_all(port, requests, known, long):
    """(request, position or None, outcome) for each way to send each: in one piece, and in two
    unless it is known to be answered otherwise."""
    def one(job):
        request, at = job
        parts = [request.data] if at is None else [request.data[:at], request.data[at:]]
        return request, at, try_request(port, request, parts)

    # Those that take longest begin.
    jobs = [(request, None) for request in sorted(requests, key=lambda one: one.is_whole)]
    for request in requests:
        if request.is_whole and request.name not in known:
            jobs += [(request, at) for at in positions(request, long)]
    with concurrent.futures.ThreadPoolExecutor(WORKERS) as workers:
        return list(workers.map(one, jobs))


def sanitized():
    """The build with sanitizers, if it is there: in its place, or beside the one that is asked for."""
    for build in [ROOT / "build/dev", pathlib.Path(os.environ.get("PITOT_SANITIZED", "-"))]:
        if (build / "tests/torture-host").exists():
            return build
    return BUILD


@scenario("T14", "A malformed request gets its exact status, in whatever pieces it comes")
def protocol(run):
    requests = read_index()
    build = sanitized()
    host = run.start("torture-host", "series=10", build=build)
    port, fds = host.port, host.open_fds()
    known = {row[0]: " ".join(row[1:3]) for row in rows(REQUESTS / "differs")}
    results = try_all(port, requests, known, run.long)

    whole = {request.name: outcome for request, at, outcome in results if at is None}
    odd = {request.name: str(whole[request.name]) for request in requests
           if not request.is_answered_by(whole[request.name])}
    fresh = [f"{name:<32} {got}" for name, got in odd.items() if known.get(name) != got]
    mended = [name for name, got in known.items() if odd.get(name) != got]
    split = [f"{request.name} at {at}: {outcome}" for request, at, outcome in results
             if at is not None and request.name not in odd and not request.is_answered_by(outcome)]
    reflected = sorted({request.name for request, _, outcome in results
                        if MARKER in outcome.responses})
    never = sorted({f"{request.name}: {found[0].decode()}" for request, _, outcome in results
                    if (found := NEVER.search(outcome.responses))})

    for name, items in {"answered otherwise, and not in requests/differs": fresh,
                        "in requests/differs, but not so any more": mended,
                        "answered otherwise when split": split,
                        "responses that reflect the request": reflected,
                        "responses with a header that none may have": never}.items():
        run.check(name, len(items), "==", 0, items=items)
    run.figure("requests that are answered otherwise, for the reasons in requests/differs", len(odd))
    run.check("requests", len(requests), ">=", 150)
    web.wait_until(lambda: host.open_fds() <= fds, "every connection closed")
    run.check("a scrape afterwards", int(Honest(port).scrape()), "==", 1)
    run.figure("ways in which they were sent", len(results))
    run.figure("with sanitizers (1) or without (0)", int(build != BUILD))


@scenario("T14b", "10,000 requests sent at once, before any answer is read, harm nobody")
def pipelining(run):
    host = run.start("torture-host", "series=1000")
    honest = Honest(host.port)
    honest.scrape()
    watch = Watch(host)
    count = run.pick(1000, 10000)
    with socket.create_connection(("127.0.0.1", host.port), timeout=PATIENCE) as connection:
        connection.setblocking(False)
        data = PROBE * count
        sent = 0
        while sent < len(data):
            try:
                sent += connection.send(data[sent:])
            except BlockingIOError:
                break  # the server reads no more before its answers are read
            except ConnectionError:
                break
        honest.scrape_for(2, 0.2, watch)
        connection.setblocking(True)
        connection.settimeout(2)
        reader = Reader(connection)
        answered = 0
        try:
            for answered in itertools.count():
                response = reader.response(True)
                if response is None or response[0][9:12] != b"200":
                    break
        except socket.timeout:
            pass
    run.check("honest scrapes answered", honest.answered * 100, ">=", 99, "%", timed=True, short=50)
    run.check("memory beside that at rest", watch.grown_bytes / 1024, "<=", 1024, "KiB")
    run.check("answered, in order", answered, ">=", 1)
    run.figure("requests sent before the first answer was read", sent // len(PROBE))
    run.figure("of these answered", answered)
