# SPDX-License-Identifier: MIT
"""What two audits found in Prometheus (PRM-01, 2018) and node_exporter (PRM-02, 2020), tried here.

SECURITY.md lists all eleven findings, with those that have no counterpart.
"""
import re
import socket

import pytest

from protocol import Reader
from scenario import Run, Watch, report_of, web

ROUTES = ["/metrics", "/", "/-/healthy", "/-/ready"]
HTML = "text/html"


@pytest.fixture(name="host", scope="module")
def fixture_host(tmp_path_factory):
    run = Run(None, False, tmp_path_factory.mktemp("audits"))
    yield run.start("torture-host", "series=10", "garbage=1")
    run.end_all()
    assert not run.failures


def exchange(host, data):
    """Head and body of the answer to these bytes."""
    with socket.create_connection(("127.0.0.1", host.port), timeout=web.PATIENCE) as connection:
        connection.sendall(data)
        return Reader(connection).response(True)


def ask(host, target, *headers, method="GET"):
    lines = [f"{method} {target} HTTP/1.1", "Host: localhost", *headers, "", ""]
    return exchange(host, "\r\n".join(lines).encode())


def names_of(head):
    return {line.split(b":")[0].lower().decode() for line in head.split(b"\r\n")[1:] if line}


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
def test_prm_01_001_no_request_changes_anything(host, method):
    for target in [*ROUTES, "/-/quit", "/-/reload", "/api/v1/admin/tsdb/delete_series"]:
        head, _ = ask(host, target, "Content-Length: 0", method=method)
        assert head[9:12] in (b"404", b"405"), (method, target, head)
    assert report_of(host)["stall_ns"] >= 0  # it lives, and says so


@pytest.mark.parametrize("target", ROUTES)
def test_prm_01_003_no_page_of_another_origin_may_read_an_answer(host, target):
    for method in ["GET", "OPTIONS"]:
        head, _ = ask(host, target, "Origin: http://evil.example",
                      "Access-Control-Request-Method: GET", method=method)
        assert not [name for name in names_of(head) if name.startswith("access-control-")]
        assert method == "GET" or head[9:12] == b"405"


def test_prm_01_004_the_landing_page_does_not_depend_on_the_query(host):
    _, plain = ask(host, "/", f"Accept: {HTML}")
    _, other = ask(host, "/?q=%3Cscript%3E&name=<script>", f"Accept: {HTML}", "X-Name: <script>")
    assert b"<html" in plain and plain == other


def test_prm_01_005_a_compressed_body_is_refused_before_it_is_read(host):
    watch = Watch(host)
    head, _ = exchange(host, b"POST /metrics HTTP/1.1\r\nHost: localhost\r\n"
                             b"Content-Encoding: gzip\r\nContent-Length: 1000000000\r\n\r\n")
    watch.look()
    assert head[9:12] in (b"400", b"405")
    assert "connection: close" in head.decode().lower()
    assert watch.grown_bytes < 4 << 20


SOUND = [f"GET {target} HTTP/1.1\r\nHost: localhost\r\n\r\n" for target in ROUTES]
REFUSED = {"404": "GET /nowhere HTTP/1.1\r\nHost: localhost\r\n\r\n",
           "405": "POST /metrics HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n",
           "400": "GET /metrics HTTP/1.1\r\nHost: localhost\r\nHost: localhost\r\n\r\n",
           "400 no host": "GET /metrics HTTP/1.1\r\n\r\n",
           "400, no colon": "GET /metrics HTTP/1.1\r\nHost: localhost\r\nNo colon\r\n\r\n",
           "400, length": "GET / HTTP/1.1\r\nHost: localhost\r\nContent-Length: x\r\n\r\n",
           "403": "GET /metrics HTTP/1.1\r\nHost: evil.example\r\n\r\n",
           "414": "GET /" + "a" * 3000 + " HTTP/1.1\r\nHost: localhost\r\n\r\n",
           "431": "GET / HTTP/1.1\r\nHost: localhost\r\nX: " + "a" * 9000 + "\r\n\r\n",
           "505, version": "GET / HTTP/2.0\r\nHost: localhost\r\n\r\n"}


NOT_OURS = pytest.mark.xfail(strict=True, reason="the HTTP engine answers these by itself, with a "
                             "constant text, before any code of ours runs: docs/design/016")
EVERY = pytest.mark.parametrize("request_text", [
    *(pytest.param(text, id=target) for target, text in zip(ROUTES, SOUND)),
    *(pytest.param(text, id=name, marks=NOT_OURS if "," in name else ())
      for name, text in REFUSED.items())])


@EVERY
def test_prm_02_001_no_answer_is_stored_or_taken_for_another_type(host, request_text):
    head, _ = exchange(host, request_text.encode())
    assert re.search(rb"^x-content-type-options: nosniff\r$", head, re.I | re.M), head
    assert re.search(rb"^cache-control: no-store\r$", head, re.I | re.M), head


@EVERY
def test_prm_02_001_no_answer_may_load_or_run_anything(host, request_text):
    head, _ = exchange(host, request_text.encode())
    assert re.search(rb"^content-security-policy: default-src 'none'", head, re.I | re.M), head


def test_prm_02_002_nothing_of_a_request_is_in_its_answer(host):
    script = "<script>alert('Zq7x')</script>"
    for target, headers in [(f"/{script}", []), (f"/?{script}", [f"Accept: {HTML}"]),
                            ("/", [f"Accept: {HTML}, {script}", f"Referer: {script}"]),
                            ("/nowhere", [f"User-Agent: {script}"])]:
        head, body = ask(host, target.replace(" ", ""), *headers)
        assert b"Zq7x" not in head + body


def test_prm_02_004_a_collector_that_returns_nonsense_loses_only_its_own_families(host):
    page = web.get(host.port).body
    assert b'torture_value{n="9"} 9\n' in page
    assert re.search(rb'^pitot_collector_failures_total{collector="garbage"} [1-9]', page, re.M)


@pytest.mark.parametrize("target", ["/debug/pprof/", "/debug/pprof/heap", "/debug/vars", "/config",
                                    "/flags", "/status", "/api/v1/status/config", "/.env"])
def test_prm_02_006_there_is_no_route_beside_the_four(host, target):
    assert ask(host, target)[0][9:12] == b"404"
