# SPDX-License-Identifier: MIT
"""Every page, read by other people's parsers: promtool and the Python client."""
import gzip
import math
import re
import subprocess

import pytest

import pages
import web
from programs import PROMTOOL

# What promtool says about names that electrs has chosen, and its dashboards know.
ELECTRS_NAMES = [
    'daemon_rpc_proxied counter metrics should have "_total" suffix',
    'electrs_index_blocks counter metrics should have "_total" suffix',
    'mempool_count non-histogram and non-summary metrics should not have "_count" suffix',
]
STRANGE_NAMES = [
    "strange:name: metric names should not contain ':'",
    'strange_requests counter metrics should have "_total" suffix',
]
# strange.c has them as bytes; where they are no UTF-8, U+FFFD is for each of them.
STRANGE_VALUES = {
    "": 1, "plain": 2, "two words": 3, " blanks around ": 4, 'a "quote"': 5, "back\\slash": 6,
    "ends in \\": 7, "two\nlines": 8, "\\n": 9, "tab\tand\rreturn": 10, '{a="b"} 1': 11,
    "# EOF": 12, 'a,b="c",': 13, "\x01\x7f": 14, "grüß": 15, "世界": 16, "🦀": 17,
    "\ufffd": 18 + 19, "cut \ufffd": 20, "surrogate \ufffd\ufffd\ufffd": 21,
    "overlong \ufffd\ufffd": 22, "x" * 1021 + "…": 1000,  # cut, and marked so
}


@pytest.fixture(scope="module")
def programs(start_for_module, tree):
    return {
        "indexer": start_for_module("indexer", "--web.listen-address", "127.0.0.1:0", tree),
        "electrs_metrics": start_for_module("electrs_metrics", "127.0.0.1:0"),
        "strange": start_for_module("e2e-strange", "127.0.0.1:0"),
    }


@pytest.fixture(params=["indexer", "electrs_metrics", "strange"])
def port(programs, request):
    return programs[request.param].port


@pytest.fixture
def strange(programs):
    return programs["strange"].port


def lint(port):
    """promtool's exit code and what it says."""
    page = web.get(port).body
    done = subprocess.run([PROMTOOL, "check", "metrics"], input=page, capture_output=True,
                          check=False, timeout=web.PATIENCE)
    return done.returncode, (done.stdout + done.stderr).decode().splitlines()


def test_promtool_finds_nothing_in_the_page_of_the_indexer(programs):
    assert lint(programs["indexer"].port) == (0, [])


def test_promtool_finds_nothing_but_the_names_that_electrs_has_chosen(programs):
    port = programs["electrs_metrics"].port
    web.wait_until(lambda: b"tip_height" in web.get(port).body, "all metrics of electrs")

    assert lint(port) == (3, ELECTRS_NAMES)


def test_promtool_finds_nothing_but_odd_names_in_a_page_of_odd_things(strange):
    code, complaints = lint(strange)

    assert code == 3
    assert sorted(line.lstrip(":") for line in complaints) == sorted(STRANGE_NAMES)


@pytest.mark.parametrize("accept", [web.TEXT, web.OPENMETRICS], ids=["text", "openmetrics"])
def test_the_python_client_reads_every_page(port, accept):
    families = pages.parse(web.get(port, accept=accept))

    assert len(pages.samples_of(families)) > 20
    pages.check_histograms(families)


def test_both_formats_say_the_same(strange):
    text = pages.steady(pages.samples_of(pages.parse(web.get(strange, accept=web.TEXT))))
    openmetrics = pages.steady(
        pages.samples_of(pages.parse(web.get(strange, accept=web.OPENMETRICS))))

    # OpenMetrics has no sum, and so no count, where something below 0 was observed.
    without_sum = {("strange_celsius", frozenset())}
    without_sum |= {("strange_sums", frozenset({("sum", value)})) for value in ("NaN", "-2")}
    for name, labels in without_sum:
        del text[name + "_sum", labels], text[name + "_count", labels]
    assert pages.differences(pages.plain_bounds(text), pages.plain_bounds(openmetrics)) == {}


@pytest.mark.parametrize("accept", [web.TEXT, web.OPENMETRICS], ids=["text", "openmetrics"])
def test_any_label_value_survives_the_page(strange, accept):
    families = pages.parse(web.get(strange, accept=accept))

    (family,) = [family for family in families if family.name == "strange_values"]
    assert family.documentation == (
        'Label values from "strangers": \\ and \\n, then\na second line. €')
    assert {sample.labels["constant"] for sample in family.samples} == {'a "b"\\\n'}
    assert {sample.labels["value"]: sample.value for sample in family.samples} == STRANGE_VALUES


@pytest.mark.parametrize("accept", [web.TEXT, web.OPENMETRICS], ids=["text", "openmetrics"])
def test_any_number_survives_the_page(strange, accept):
    answer = web.get(strange, accept=accept)
    samples = pages.samples_of(pages.parse(answer))

    assert math.isnan(pages.value_of(samples, "strange_nan"))
    assert pages.value_of(samples, "strange_inf") == math.inf
    assert pages.value_of(samples, "strange_negative_inf") == -math.inf
    assert math.copysign(1, pages.value_of(samples, "strange_negative_zero")) == -1
    assert pages.value_of(samples, "strange_smallest") == 5e-324
    assert pages.value_of(samples, "strange_largest") == 1.7976931348623157e308
    assert pages.value_of(samples, "strange_third") == 1 / 3
    assert b"\nstrange_most_total 18446744073709551615\n" in answer.body
    assert pages.value_of(samples, "n" * 256) == 3


@pytest.mark.parametrize("accept", [web.TEXT, web.OPENMETRICS], ids=["text", "openmetrics"])
def test_a_help_text_of_a_megabyte_survives_the_page(strange, accept):
    families = pages.parse(web.get(strange, accept=accept))

    (family,) = [family for family in families if family.name == "strange_help"]
    pattern = 'help "\\\n#'
    size = 1 << 20
    assert family.documentation == (pattern * (size // 9 + 1))[:size - 1] + "."


def test_what_a_collector_got_wrong_is_kept_off_the_page_and_counted(strange):
    page = web.get(strange).body.decode()
    samples = pages.samples_of(pages.parse(web.get(strange)))

    assert not re.search(r"^(# \w+ )?(garbage|refused)", page, re.M)
    for collector in ("name", "clash", "counter", "twice", "fail"):
        assert pages.value_of(samples, "pitot_collector_failures_total", collector=collector) > 0
    assert pages.value_of(samples, "pitot_invalid_utf8_total") == 5
    assert pages.value_of(samples, "pitot_dropped_total", reason="label_size") == 1
    assert pages.value_of(samples, "pitot_dropped_total", reason="not_finite") == 1


def without_unsteady(body):
    """The lines of a page that two scrapes have in common."""
    return [line for line in body.splitlines(keepends=True)
            if not line.startswith(tuple(name.encode() for name in pages.UNSTEADY))]


@pytest.mark.parametrize("accept", [web.TEXT, web.OPENMETRICS], ids=["text", "openmetrics"])
def test_a_compressed_page_is_the_same_page(strange, accept):
    plain = web.get(strange, accept=accept)
    compressed = web.get(strange, accept=accept, encoding="gzip")

    assert plain.header("Content-Encoding") is None
    assert compressed.header("Content-Encoding") == "gzip"
    assert len(compressed.body) < len(plain.body) / 10
    lines = without_unsteady(plain.body)
    assert len(lines) > 100
    assert without_unsteady(gzip.decompress(compressed.body)) == lines


def test_a_page_in_zstd_is_the_same_page(strange):
    plain = web.get(strange)
    compressed = web.get(strange, encoding="zstd")
    if compressed.header("Content-Encoding") is None:
        pytest.skip("built without libzstd")
    page = subprocess.run(["zstd", "-dcq"], input=compressed.body, capture_output=True,
                          check=True, timeout=web.PATIENCE).stdout

    assert compressed.header("Content-Encoding") == "zstd"
    assert without_unsteady(page) == without_unsteady(plain.body)


@pytest.mark.parametrize("target,encoding", [
    ("/metrics", None), ("/metrics", "gzip"), ("/", None), ("/-/healthy", None), ("/-/ready", None),
    ("/nowhere", None)])
def test_head_has_the_headers_of_get(start, target, encoding):
    port = start("e2e-rpc", "127.0.0.1:0").port  # no collector, whose duration is on the page

    def without_date(answer):
        """Nor with a length that depends on how well the numbers of the moment are compressed."""
        return [(name, "any" if name == "Content-Length" and encoding else value)
                for name, value in answer.headers if name != "Date"]

    def compare():
        """None when the page grew by a digit in between, as the time it took may make it."""
        get, head = (web.get(port, target, method=method, encoding=encoding)
                     for method in ("GET", "HEAD"))
        assert (head.body, head.status) == (b"", get.status)
        assert "Content-Length" in dict(get.headers)
        return without_date(get) == without_date(head) or None

    assert web.wait_until(compare, "a HEAD with the headers of GET")


def test_a_page_is_never_cut_short_on_a_kept_connection(strange):
    """Content-Length is right to the byte, or the second answer would not be found."""
    with web.Client(strange) as client:
        for accept in (web.TEXT, web.OPENMETRICS) * 3:
            answer = client.get(accept=accept)
            assert answer.body.endswith(b"\n")
            assert answer.body.endswith(b"# EOF\n") == (accept == web.OPENMETRICS)
