# SPDX-License-Identifier: MIT
"""T15: all that is nearly a route, nearly a method, or nearly a name of this server.

requests/ has the cases that somebody thought of, each with its status. Here they are made: every
path and every host that is one byte away from a good one, and what must be true of all of them.
"""
import concurrent.futures
import ipaddress
import random
import re
import socket

from protocol import MARKER, NEVER, Reader, sanitized
from scenario import scenario, web

ROUTES = [b"/metrics", b"/", b"/-/healthy", b"/-/ready"]
HOSTS = [b"localhost", b"127.0.0.1", b"[::1]:9100"]
WORKERS = 8
# Those of the reference, and what a proxy, a browser or a file system would make a route of.
PATHS = [b"/metrics/", b"//metrics", b"/./metrics", b"/metrics/.", b"/x/../metrics", b"/../metrics",
         b"/%6detrics", b"/%6Detrics", b"/%2fmetrics", b"%2Fmetrics", b"/metrics%00", b"/metrics%20",
         b"/metrics%3f", b"/metrics;x", b"/metrics?x", b"/?", b"/-/healthy?x=/metrics", b"/METRICS",
         b"/../etc/passwd", b"/..%2f..%2fetc/passwd", b"/%2e%2e/etc/passwd", b"/.%00./etc/passwd",
         b"/\xc0\xaf../etc/passwd", b"/..\\..\\etc\\passwd", b"/%c0%ae%c0%ae/etc/passwd",
         b"//evil.example/metrics", b"/\\evil.example", b"///evil.example//..", b"/metrics#x",
         b"http://evil.example/metrics", b"http://localhost/metrics", b"HTTP://EVIL.EXAMPLE/",
         b"https://evil.example:443/metrics", b"http://evil.example@localhost/metrics",
         b"//localhost/metrics", b"file:///etc/passwd", b"javascript:alert(1)", b"evil.example:80",
         b"*", b"metrics", b"/-/", b"/-/quit", b"/-/reload", b"/debug/pprof/", b"/favicon.ico"]
# The IANA registry, and words that are no methods.
METHODS = """ACL BASELINE-CONTROL BIND CHECKIN CHECKOUT CONNECT COPY DELETE LABEL LINK LOCK MERGE
    MKACTIVITY MKCALENDAR MKCOL MKREDIRECTREF MKWORKSPACE MOVE OPTIONS ORDERPATCH PATCH POST PRI
    PROPFIND PROPPATCH PURGE PUT REBIND REPORT SEARCH TRACE TRACK UNBIND UNCHECKOUT UNLINK UNLOCK
    UPDATE UPDATEREDIRECTREF VERSION-CONTROL get Get GETS GE HEADS head DEBUG QUERY""".split()


def edits(text):
    """All that is one byte away from it, and all with one byte escaped."""
    for i in range(len(text) + 1):
        before, after = text[:i], text[i:]
        yield before + after[1:]
        for byte in map(bytes, zip(range(256))):
            yield before + byte + after
            yield before + byte + after[1:]
        for escape in (b"%%%02x", b"%%%02X"):
            yield before + escape % (after or b"\0")[0] + after[1:]


def around(good, more, wanted):
    """Everything around those texts, in the same order each time; at most so many of the edits."""
    near = sorted({edited for text in good for edited in edits(text)})
    if wanted:
        near = random.Random(15).sample(near, wanted)
    return [*good, *more, *near]


def is_route(target):
    return target.split(b"?")[0] in ROUTES


def is_own(host):
    """Whether nobody else can own that name, whose port may be any. (Blanks around it are none of
    it, and the dot at its end says that it is a whole name.)"""
    found = re.fullmatch(rb"[ \t]*(localhost\.?|[0-9.]+|\[[0-9a-f:.]+\])(?::(\d*))?[ \t]*", host, re.I)
    if not found or int(found[2] or 0) > 65535:
        return False
    if found[1].lower().rstrip(b".") == b"localhost":
        return True
    try:
        return ipaddress.ip_address(found[1].strip(b"[]").decode()).is_loopback
    except ValueError:
        return False


class Client:
    """Asks again and again, on one connection for as long as the server keeps it."""

    def __init__(self, port):
        self.port, self.reader = port, None

    def ask(self, target, host=b"localhost", method=b"GET", more=b""):
        """Status, head and body; 0 when it was closed without an answer."""
        if not self.reader:
            self.reader = Reader(socket.create_connection(("127.0.0.1", self.port), web.PATIENCE))
        request = b"%s %s HTTP/1.1\r\nHost: %s\r\n%s\r\n" % (method, target, host, more)
        self.reader.connection.sendall(request)
        response = self.reader.response(method != b"HEAD")
        if response is None or b"\r\nconnection: close\r\n" in response[0].lower():
            self.close()
        return (int(response[0][9:12]), *response) if response else (0, b"", b"")

    def close(self):
        if self.reader:
            self.reader.connection.close()
        self.reader = None


def ask_all(port, requests):
    """[(request, status, head, body)], each request being the arguments of ask()."""
    def one_of(number):
        client = Client(port)
        answers = [(request, *client.ask(**request)) for request in requests[number::WORKERS]]
        client.close()
        return answers

    with concurrent.futures.ThreadPoolExecutor(WORKERS) as workers:
        return [answer for answers in workers.map(one_of, range(WORKERS)) for answer in answers]


def header_names(head):
    return sorted(line.split(b":")[0].lower() for line in head.split(b"\r\n")[1:])


def differs_from_head(client, route):
    """What HEAD says of a route that GET does not say; another request shows that no body came."""
    got, head = client.ask(route), client.ask(route, method=b"HEAD")
    after = client.ask(b"/-/healthy")
    return not (got[0] == head[0] == 200 and header_names(got[1]) == header_names(head[1]) and
                after[0] == 200 and after[2] == b"Healthy.\n")


@scenario("T15", "Only the four routes are one, by GET or HEAD, for this host; nothing else is ever 200")
def routes(run):
    host = run.start("torture-host", "series=10", build=sanitized())
    paths = [{"target": path} for path in around(ROUTES, PATHS, run.pick(300, None))]
    hosts = [{"target": b"/-/healthy", "host": name}
             for name in around(HOSTS, [b"evil.example", b"localhost.evil.example"],
                                run.pick(200, None))]
    methods = [{"target": path, "method": method.encode(), "more": b"X: %s\r\n" % MARKER}
               for method in METHODS for path in [*ROUTES, b"*", b"http://evil.example/metrics"]]
    answers = {"paths": ask_all(host.port, paths), "hosts": ask_all(host.port, hosts),
               "methods": ask_all(host.port, methods)}
    allowed = {"paths": lambda one: is_route(one["target"]), "methods": lambda one: False,
               "hosts": lambda one: is_own(one["host"])}
    for what, found in answers.items():
        wrong = [f"{status} for {one}" for one, status, _, _ in found
                 if (status == 200) != allowed[what](one)]
        run.check(f"{what} that are 200 and may not be, or the reverse", len(wrong), "==", 0,
                  items=wrong[:20])
        run.figure(what, len(found))
    every = [answer for found in answers.values() for answer in found]
    other = sorted({status for _, status, _, _ in every} - {0, 200, 400, 403, 404, 405, 501})
    led = [str(one) for one, _, head, _ in every if NEVER.search(head)]
    sent_back = [str(one) for one, _, head, body in every if MARKER in head + body]
    client = Client(host.port)
    headless = [str(route) for route in ROUTES if differs_from_head(client, route)]
    client.close()
    run.check("other statuses than those of a refusal", len(other), "==", 0, items=map(str, other))
    run.check("answers with a Location, or another header that none may have", len(led), "==", 0,
              items=led[:20])
    run.check("answers that send something of the request back", len(sent_back), "==", 0,
              items=sent_back[:20])
    run.check("routes whose HEAD is not their GET without the body", len(headless), "==", 0,
              items=headless)
