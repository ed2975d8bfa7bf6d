# SPDX-License-Identifier: MIT
"""pitot scrape: what a Prometheus would get from a URL, and how long it takes."""
import json
import re

import pytest

from programs import BUILD, Program, fixed_addresses, program

PAGE = "# HELP a_total A.\n# TYPE a_total counter\na_total 1\n"
PROTOBUF = ("application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; "
            "encoding=delimited")


def test_a_real_server_is_scraped(pitot, indexer):
    result = pitot("scrape", f"127.0.0.1:{indexer.port}")
    assert result.status == 0, result
    assert "process_cpu_seconds" in result.out
    for line in (r"^status   200$", r"^type     \S+; ", r"^time     [\d.]+ ms: name [\d.]+, connection",
                 r"^size     \d+ bytes on the wire as gzip, \d+ unpacked$",
                 r"^page     .+, \d+ metrics, \d+ series, read in [\d.]+ ms$"):
        assert re.search(line, result.err, re.M), line


def test_the_request_is_that_of_a_prometheus(pitot, site):
    site.serve(PAGE)
    assert pitot("scrape", "--timeout", "7", site.address).status == 0
    path, headers = site.requests[0]
    assert path == "/metrics"
    assert headers["Accept"] == (
        "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;"
        "encoding=delimited;q=0.6,"
        "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.5,"
        "application/openmetrics-text;version=0.0.1;q=0.4,"
        "text/plain;version=1.0.0;escaping=allow-utf-8;q=0.3,"
        "text/plain;version=0.0.4;q=0.2,*/*;q=0.1")
    assert headers["Accept-Encoding"] == "gzip"
    assert headers["X-Prometheus-Scrape-Timeout-Seconds"] == "7"
    assert headers["User-Agent"].startswith("pitot/")


@pytest.mark.parametrize("accept,sent", [
    ("openmetrics", "application/openmetrics-text; version=1.0.0; charset=utf-8; "
                    "escaping=underscores"),
    ("protobuf", PROTOBUF + "; escaping=allow-utf-8"),
    ("text/plain;q=0.3", "text/plain;q=0.3"),
])
def test_another_format_can_be_asked_for(pitot, site, accept, sent):
    assert pitot("scrape", "--accept", accept, site.address).status == 0
    assert site.requests[0][1]["Accept"] == sent


def test_a_header_can_be_added_or_replaced(pitot, site):
    pitot("scrape", "--header", "Authorization: Bearer x", "--header", "accept: text/plain",
          site.address)
    headers = {name.lower(): value for name, value in site.requests[0][1].items()}
    assert headers["authorization"] == "Bearer x"
    assert headers["accept"] == "text/plain"


@pytest.mark.parametrize("url,path", [
    ("{}", "/metrics"), ("{}/other", "/other"), ("{}/?a=b", "/?a=b"), ("http://{}/m", "/m"),
    ("http://{}", "/"), ("{}?name[]=up", "/metrics?name[]=up"), ("{}?a=/b", "/metrics?a=/b"),
])
def test_a_bare_address_means_its_metrics(pitot, site, url, path):
    assert pitot("scrape", url.format(site.address)).status == 0
    assert site.requests[0][0] == path


def test_the_page_is_printed_as_it_is(pitot, site):
    page = PAGE + "# a comment  of  theirs\n"
    site.serve(page)
    assert pitot("scrape", "--quiet", site.address).out == page


def test_gzip_is_unpacked_and_both_sizes_are_told(pitot, site):
    page = PAGE + "".join(f'a_total{{b="{i}"}} 1\n' for i in range(1000))
    site.serve(page)
    site.gzip()
    report = json.loads(pitot("scrape", "--json", site.address).out)
    assert report["bytes"] == len(page)
    assert report["wire_bytes"] == len(site.body)
    assert report["content_encoding"] == "gzip"
    assert report["ok"] is True


def test_json_has_it_all_and_prints_no_page(pitot, site):
    site.serve(PAGE)
    result = pitot("scrape", "--json", site.address)
    assert result.status == 0 and result.err == ""
    report = json.loads(result.out)
    assert (report["status"], report["format"], report["metrics"], report["series"]) == \
        (200, "text", 1, 1)
    assert report["content_type"] == "text/plain; version=0.0.4"
    times = [report[f"{name}_seconds"] for name in ("resolved", "connected", "first_byte", "total")]
    assert times == sorted(times) and times[-1] > 0


def test_protobuf_is_printed_as_text_unless_raw(pitot, site):
    page = pitot("convert", "--to", "protobuf", stdin=PAGE).out_bytes
    site.serve(page, PROTOBUF)
    assert pitot("scrape", site.address).out == PAGE
    assert pitot("scrape", "--raw", site.address).out_bytes == page
    as_json = pitot("scrape", "--to", "json", site.address).out
    assert pitot("convert", "--from", "json", "--to", "text", stdin=as_json).out == PAGE


def test_what_is_wrong_with_a_page_is_told_and_the_page_shown(pitot, site):
    site.serve("a 1\nb x\n")
    result = pitot("scrape", site.address)
    assert result.status == 1
    assert result.out == "a 1\nb x\n"
    assert result.err.startswith(f"{site.address}:2:")
    assert "problems 1\n" in result.err


@pytest.mark.parametrize("status", [204, 404, 500, 503])
def test_no_status_but_200_will_do(pitot, site, status):
    site.serve(PAGE, status=status)
    result = pitot("scrape", site.address)
    assert result.status == 1
    assert f"status {status}; a Prometheus takes 200 only" in result.err
    assert result.out == ""


def test_a_redirect_is_followed(pitot, site):
    site.serve(PAGE)
    assert pitot("scrape", f"{site.address}/moved").out == PAGE


def test_a_page_without_a_type_is_shown_but_fails(pitot, site):
    site.serve(PAGE, None)
    result = pitot("scrape", site.address)
    assert (result.status, result.out) == (1, PAGE)
    assert "no Content-Type: a Prometheus 3 refuses the page" in result.err


def test_what_answers_too_late_is_given_up(pitot, site):
    site.slow = True
    result = pitot("scrape", "--timeout", "0.3", site.address, patience=10)
    assert result.status == 1
    assert "no whole answer within 0.3 s" in result.err


def test_nobody_there_is_a_failure(pitot, site):
    result = pitot("scrape", "127.0.0.1:1")
    assert result.status == 1
    assert result.err.startswith("pitot scrape: 127.0.0.1:1: ")
    assert json.loads(pitot("scrape", "--json", "127.0.0.1:1").out)["status"] == 0


def test_a_page_that_unpacks_to_too_much_ends_early(pitot, site):
    site.serve(b"a 1\n" * 5_000_000)
    site.gzip()
    result = pitot("scrape", "--memory-max", "1M", site.address)
    assert result.status == 1
    assert "more than 1048576 bytes; --memory-max allows more" in result.err


@pytest.mark.parametrize("url", ["file:///etc/passwd", "ftp://127.0.0.1/x", "gopher://127.0.0.1/"])
def test_only_http_is_spoken(pitot, url):
    result = pitot("scrape", url)
    assert result.status == 1
    assert result.out == ""


def test_tls_is_spoken_with_who_is_trusted(pitot, site, tmp_path):
    certificate = site.secure(tmp_path)
    site.serve(PAGE)
    url = f"https://{site.address}/metrics"
    refused = pitot("scrape", url)
    assert refused.status == 1 and refused.out == ""
    assert "certificate" in refused.err
    result = pitot("scrape", "--ca-file", certificate, url)
    assert (result.status, result.out) == (0, PAGE), result
    assert ", TLS " in result.err


def test_a_socket_of_the_file_system_is_scraped(pitot, tmp_path):
    folder = tmp_path / "unix"
    folder.mkdir()
    (tmp_path / "tree").mkdir()
    command = [program("indexer"), "--web.listen-address", f"unix:{folder}/s", "--passes", "1",
               str(tmp_path / "tree")]
    started = Program(command, folder, prefix=fixed_addresses(BUILD))
    try:
        started.wait_for_line(r"^Serving metrics on ")
        assert pitot("scrape", f"unix:{folder}/s").status == 0
    finally:
        started.kill()
