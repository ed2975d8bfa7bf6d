# SPDX-License-Identifier: MIT
"""pitot check, one page at a time: what is valid, what is not, and where."""
import json

import pytest

GOOD = """# HELP req_total Requests.
# TYPE req_total counter
req_total{code="200"} 3
req_total{code="500"} 1
# HELP up Up.
# TYPE up gauge
up 1
"""
BAD = """# HELP req_total Requests.
# TYPE req_total counter
req_total{code="200} 3
# TYPE up gauge
up one
fine 1
"""
OPENMETRICS = """# TYPE req counter
# HELP req Requests.
req_total 3
# EOF
"""


def test_a_valid_page_is_said_to_be_valid(pitot):
    result = pitot("check", "page.prom", files={"page.prom": GOOD})
    assert result.status == 0
    assert result.out == "page.prom: valid (Prometheus text 0.0.4, 2 metrics, 3 series)\n"
    assert result.err == ""


def test_quiet_says_nothing_about_a_valid_page(pitot):
    result = pitot("check", "--quiet", stdin=GOOD)
    assert (result.status, result.out, result.err) == (0, "", "")


def test_every_error_has_its_line_and_column(pitot):
    result = pitot("check", "page.prom", files={"page.prom": BAD})
    assert result.status == 1
    assert [line.split(":")[:2] for line in result.lines] == [["page.prom", "3"], ["page.prom", "5"]]
    for line in result.lines:
        assert int(line.split(":")[2]) > 0
    assert result.err == ""


def test_all_of_many_errors_are_found_unless_a_limit_says_otherwise(pitot):
    page = "".join(f"a{i} x\n" for i in range(1000))
    assert len(pitot("check", stdin=page).lines) == 1000
    assert len(pitot("check", "--max-problems", "7", stdin=page).lines) == 7


def test_lenient_takes_what_can_be_understood(pitot):
    result = pitot("check", "--lenient", "page.prom", files={"page.prom": BAD})
    assert result.status == 0
    assert result.lines[0].startswith("page.prom:3:")
    assert ": warning: " in result.lines[0]
    assert result.lines[-1].startswith("page.prom: readable (")


def test_json_has_the_same_in_it(pitot):
    result = pitot("check", "--json", "a.prom", "b.prom", "c.prom",
                   files={"a.prom": GOOD, "b.prom": BAD})
    assert result.status == 1
    report = json.loads(result.out)
    assert report["ok"] is False
    a, b, c = report["pages"]
    assert (a["page"], a["valid"], a["format"], a["metrics"], a["series"]) == \
        ("a.prom", True, "text", 2, 3)
    assert a["problems"] == []
    assert b["valid"] is False
    assert [problem["line"] for problem in b["problems"]] == [3, 5]
    assert b["error"] is None
    assert c["error"] == "cannot open it: No such file or directory"


def test_json_survives_bytes_that_are_none(pitot):
    result = pitot("check", "--json", stdin=b'a{b="\xff\x01"} 1\nc\xfe 1\n')
    assert result.status == 1
    json.loads(result.out_bytes.decode("utf-8"))


def test_a_page_cannot_send_commands_to_the_terminal(pitot):
    page = "# HELP a_total a\n# TYPE a_total counter\na_total{{b=\"\x1b[31m\u009b2J\"}} {}\n"
    result = pitot("check", "1", "2", files={"1": page.format(2), "2": page.format(1)})
    assert result.status == 1
    assert result.lines[-1] == \
        r'2: a_total{b="\x1b[31m\xc2\x9b2J"}: the counter went back from 2 to 1'
    broken = pitot("check", stdin='a{b\x1b[31m="c"} 1\x1b\n')
    assert broken.status == 1
    assert "\x1b" not in broken.out + broken.err


@pytest.mark.parametrize("name,content,title", [
    ("page", GOOD, "Prometheus text 0.0.4"),
    ("page", OPENMETRICS, "OpenMetrics 1.0.0"),
    ("page.om", OPENMETRICS, "OpenMetrics 1.0.0"),
    ("page", '# TYPE "a.b" gauge\n{"a.b"} 1\n', "Prometheus text 1.0.0"),
    ("page", '{"a.b",c="d"} 1\n', "Prometheus text 1.0.0"),
    ("page.prom", "# just a comment\n", "Prometheus text 0.0.4"),
    ("page", "", "Prometheus text 0.0.4"),
    ("page", "#\na 1\n", "Prometheus text 0.0.4"),
    ("page", "# TYPE a info\na_info 1\n# EOF\n", "OpenMetrics 1.0.0"),
])
def test_the_format_is_found_in_the_name_or_the_bytes(pitot, name, content, title):
    result = pitot("check", name, files={name: content})
    assert result.status == 0, result
    assert f"({title}, " in result.out


@pytest.mark.parametrize("made", ["text", "openmetrics", "openmetrics2", "protobuf", "json"])
def test_what_convert_writes_is_recognised_by_its_bytes(pitot, made):
    histogram = ("# HELP h_seconds h\n# TYPE h_seconds histogram\nh_seconds_bucket{le=\"1\"} 1\n"
                 "h_seconds_bucket{le=\"+Inf\"} 2\nh_seconds_sum 3\nh_seconds_count 2\n")
    page = pitot("convert", "--to", made, stdin=GOOD + histogram).out_bytes
    report = json.loads(pitot("check", "--json", stdin=page).out)
    assert report["pages"][0]["format"] == made
    assert report["ok"] is True


def test_a_page_can_be_held_to_another_format(pitot):
    assert pitot("check", "--format", "openmetrics", stdin=GOOD).status == 1
    assert pitot("check", "--format", "text", "page.om", files={"page.om": GOOD}).status == 0


def test_a_url_is_checked_with_its_content_type(pitot, site):
    site.serve(OPENMETRICS, "application/openmetrics-text; version=1.0.0; charset=utf-8")
    result = pitot("check", f"http://{site.address}/metrics")
    assert result.status == 0
    assert "(OpenMetrics 1.0.0, 1 metrics, 1 series)" in result.out
    accept = site.requests[0][1]["Accept"]
    assert "protobuf" not in accept and accept.startswith("application/openmetrics-text")


def test_a_server_that_answers_in_another_format_than_asked_for_is_noted(pitot, site):
    site.serve(GOOD, "text/plain; version=0.0.4")
    result = pitot("check", "--format", "openmetrics2", site.address)
    assert "read as OpenMetrics 2.0.0, but its Content-Type is 'text/plain; version=0.0.4'" in result.err
    assert pitot("check", "--format", "text", site.address).err == ""


@pytest.mark.parametrize("content_type", [None, "text/html", "nonsense"])
def test_a_page_that_prometheus_3_refuses_for_its_type_is_not_valid(pitot, site, content_type):
    site.serve(GOOD, content_type)
    result = pitot("check", site.address)
    assert result.status == 1
    assert "a Prometheus 3 refuses the page" in result.out


def test_a_real_page_is_valid(pitot, indexer):
    result = pitot("check", f"127.0.0.1:{indexer.port}", f"http://127.0.0.1:{indexer.port}/metrics")
    assert result.status == 0, result
    assert ": error" not in result.out
