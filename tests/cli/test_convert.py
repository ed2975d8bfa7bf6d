# SPDX-License-Identifier: MIT
"""pitot convert: every format from every format, and what is lost on the way."""
import json

import pytest

FORMATS = ["text", "text1", "openmetrics", "openmetrics0", "openmetrics2", "protobuf", "json"]
PAGE = """# HELP a_total A.
# TYPE a_total counter
a_total{b="x\\"y\\\\z\\n"} 3
# HELP g G.
# TYPE g gauge
g -0.25
# HELP h_seconds H.
# TYPE h_seconds histogram
h_seconds_bucket{le="0.1"} 1
h_seconds_bucket{le="1"} 2
h_seconds_bucket{le="+Inf"} 4
h_seconds_sum 7.5
h_seconds_count 4
# HELP s S.
# TYPE s summary
s{quantile="0.5"} 0.5
s_sum 1.5
s_count 3
"""
RICH = """# TYPE a counter
# HELP a A.
a_total 3 # {trace_id="t"} 1 1700000000.5
a_created 1600000000
# TYPE b info
# HELP b B.
b_info{version="1"} 1
# TYPE c_seconds gauge
# UNIT c_seconds seconds
# HELP c_seconds C.
c_seconds 1
# TYPE d stateset
# HELP d D.
d{d="on"} 1
d{d="off"} 0
# EOF
"""


@pytest.mark.parametrize("target", FORMATS)
def test_what_all_formats_can_carry_comes_back(pitot, target):
    there = pitot("convert", "--to", target, stdin=PAGE)
    assert (there.status, there.err) == (0, ""), there
    back = pitot("convert", "--from", target, "--to", "text", stdin=there.out_bytes)
    assert (back.status, back.err) == (0, ""), back
    assert back.out == PAGE


@pytest.mark.parametrize("source", FORMATS)
@pytest.mark.parametrize("target", FORMATS)
def test_every_format_becomes_every_other(pitot, source, target):
    page = pitot("convert", "--to", source, stdin=PAGE).out_bytes
    there = pitot("convert", "--from", source, "--to", target, stdin=page)
    assert (there.status, there.err) == (0, ""), there
    back = pitot("convert", "--from", target, "--to", "text", stdin=there.out_bytes)
    assert back.out == PAGE


@pytest.mark.parametrize("target", ["json", "openmetrics2"])
def test_what_openmetrics_says_survives(pitot, target):
    there = pitot("convert", "--to", target, stdin=RICH)
    assert (there.status, there.err) == (0, ""), there
    back = pitot("convert", "--from", target, "--to", "openmetrics", "--created",
                 stdin=there.out_bytes)
    assert (back.status, back.err) == (0, ""), back
    again = pitot("convert", "--to", "openmetrics", "--created", stdin=RICH)
    assert back.out == again.out
    assert 'a_total 3 # {trace_id="t"}' in back.out
    assert "a_created 16" in back.out


def test_what_is_lost_is_named(pitot):
    result = pitot("convert", "--to", "text", stdin=RICH)
    assert result.status == 0
    assert result.err.splitlines() == [
        "pitot convert: warning: Prometheus text 0.0.4 has no place for 1 exemplars",
        "pitot convert: warning: Prometheus text 0.0.4 has no place for 1 units",
        "pitot convert: warning: Prometheus text 0.0.4 has no place for 1 start times",
        "pitot convert: warning: Prometheus text 0.0.4 has no place for 1 metrics that are infos, "
        "and become gauges",
        "pitot convert: warning: Prometheus text 0.0.4 has no place for 1 metrics that are state "
        "sets, and become gauges",
    ]
    result = pitot("convert", "--to", "openmetrics", stdin=RICH)
    assert result.err == ("pitot convert: warning: OpenMetrics 1.0.0 has no place for 1 start times "
                          "(--created writes them)\n")


def test_json_says_what_is_lost(pitot):
    result = pitot("convert", "--to", "text", "--json", stdin=RICH)
    report = json.loads(result.err)
    assert report["ok"] is True
    assert (report["from"], report["to"]) == ("openmetrics", "text")
    assert report["bytes"] == len(result.out_bytes)
    assert {"count": 1, "what": "exemplars"} in report["losses"]


def test_an_integer_that_protobuf_rounds_is_named(pitot):
    page = "# HELP a_total a\n# TYPE a_total counter\na_total {}\n"
    assert "1 integers that become rounded doubles" in pitot(
        "convert", "--to", "protobuf", stdin=page.format(2**53 + 1)).err
    for exact in 2**53, 2**63, 7:
        assert pitot("convert", "--to", "protobuf", stdin=page.format(exact)).err == ""


@pytest.mark.parametrize("options,name", [
    (["--to", "text"], "a_b"),
    (["--to", "text", "--escaping", "dots"], "a_dot_b"),
    (["--to", "text", "--escaping", "values"], "U__a_2e_b"),
    (["--to", "text1"], '{"a.b"}'),
])
def test_names_are_escaped_as_asked(pitot, options, name):
    result = pitot("convert", *options, stdin='# TYPE "a.b" gauge\n{"a.b"} 1\n')
    assert result.status == 0
    assert result.lines[-1] == f"{name} 1"


def test_a_page_that_is_not_valid_is_not_converted(pitot):
    result = pitot("convert", "--to", "json", "page", files={"page": "a 1\nb x\n"})
    assert result.status == 1
    assert result.out == ""
    assert result.err.startswith("page:2:")


def test_lenient_converts_what_it_understands(pitot):
    result = pitot("convert", "--to", "text", "--lenient", "page", files={"page": "a 1\nb x\n"})
    assert result.status == 0
    assert "a 1" in result.lines and "b x" not in result.out
    assert result.err.startswith("page:2:") and ": warning: " in result.err


def test_the_output_is_a_page_of_that_format(pitot):
    for target in FORMATS:
        page = pitot("convert", "--to", target, stdin=PAGE).out_bytes
        assert pitot("check", "--format", target, stdin=page).status == 0, target


# Pages that no registry of ours makes, but those of Go and of Python are like that.
@pytest.mark.parametrize("page,expected", [
    ("# TYPE x gauge\nx 5\n# TYPE x_total counter\nx_total 7\n",
     "# TYPE x gauge\nx 5\n# TYPE x_total unknown\nx_total 7\n# EOF\n"),
    ("# TYPE x_total counter\nx_total 7\n# TYPE x_created gauge\nx_created 1.5\n",
     "# TYPE x_created gauge\nx_created 1.5\n# TYPE x_total unknown\nx_total 7\n# EOF\n"),
    ("# TYPE x summary\nx_count 1\nx_sum 2\n# TYPE x_created gauge\nx_created 1.5\n",
     "# TYPE x summary\nx_count 1\nx_sum 2.0\n# EOF\n"),
])
def test_names_that_only_openmetrics_has_for_the_same_do_not_meet_there(pitot, page, expected):
    result = pitot("convert", "--to", "openmetrics", stdin=page)
    assert (result.status, result.out) == (0, expected)
    assert pitot("check", "--format", "openmetrics", stdin=result.out).status == 0
    assert ("left out" in result.err) == ("summary" in page)
