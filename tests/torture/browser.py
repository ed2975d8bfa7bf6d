# SPDX-License-Identifier: MIT
"""T19: what a page of somebody else, in a browser on this machine, can make of the server."""
import random
import re

from protocol import MARKER, NEVER
from routes import ROUTES, ask_all
from scenario import scenario
from values import Given

# What a page can have a browser send. A name that was pointed to 127.0.0.1 is still the page's.
HOSTS = [b"localhost", b"evil.example", b"127.0.0.1.evil.example"]
METHODS = [b"GET", b"HEAD", b"POST", b"OPTIONS"]
ACCEPTS = [b"text/html,application/xhtml+xml,*/*;q=0.8", b"image/svg+xml,image/*", b"text/css", b"*/*"]
ORIGIN = (b"Origin: http://evil.example\r\nReferer: http://evil.example/%s\r\nSec-Fetch-Site: cross-site\r\n"
          b"Access-Control-Request-Method: GET\r\nX-Frame-Options: allow\r\n" % MARKER)
DEMANDED = [re.compile(header, re.I | re.M) for header in (
    rb"^content-security-policy: default-src 'none'", rb"^x-content-type-options: nosniff\r$",
    rb"^cache-control: no-store\r$")]
HTML = re.compile(rb"^content-type: text/html", re.I | re.M)
MARKUP = re.compile(rb"<script|<img|onerror=|\xe2\x80\xae", re.I)  # of label values


def wrong_with(request, status, head, body):
    """Every reason why this answer may not be given; none, when all is well."""
    if status != (403 if request["host"] != b"localhost" else
                  200 if request["method"] in (b"GET", b"HEAD") else 405):
        yield f"status {status}"
    if not all(header.search(head) for header in DEMANDED):
        yield "a header is missing"
    if NEVER.search(head):
        yield "a header that none may have"
    if HTML.search(head) and request["target"] != b"/":
        yield "taken for HTML"
    if HTML.search(head) and MARKUP.search(body):
        yield "a label value in HTML"
    if MARKER in head + body:
        yield "sends something back"
    if status != 200 and b"torture_" in body:
        yield "a page for a stranger"


@scenario("T19", "A page of another origin reads nothing, changes nothing, and runs nothing of a label")
def browser(run):
    Given(random.Random(19), run.folder / "values",
          {"doubles": 100, "integers": 1, "sums": 100, "texts": 2000, "helps": 10})
    server = run.start("torture-values", run.folder / "values")
    requests = [{"target": target, "host": host, "method": method, "more": ORIGIN + b"Accept: %s\r\n" % accept}
                for target in ROUTES for host in HOSTS for method in METHODS for accept in ACCEPTS]
    answers = ask_all(server.port, requests)
    wrong = [f"{why}: {request}" for request, *answer in answers for why in wrong_with(request, *answer)]
    pages = [answer for answer in answers if MARKUP.search(answer[3])]
    run.check("answers with something wrong", len(wrong), "==", 0, items=wrong[:20])
    run.check("pages with markup in label values", len(pages), ">", 0)
    run.figure("requests", len(answers))
