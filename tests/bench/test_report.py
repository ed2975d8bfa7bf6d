# SPDX-License-Identifier: MIT
"""bench/report.py tells the truth about measurements that are made up here, and the files beside it fit
together: a bar that names what nobody measures would never be missed."""
import importlib.machinery
import importlib.util
import json
import pathlib
import sys
import xml.etree.ElementTree

import pytest

BENCH = pathlib.Path(__file__).resolve().parents[2] / "bench"
sys.path.insert(0, str(BENCH))
import report  # noqa: E402

MILLION = 1000000


def line(op, impl, threads=1, series=None, **value):
    return {"op": op, "impl": impl, "threads": threads, **({"series": series} if series else {}), **value}


def check(bar, *lines):
    (checked,) = report.check_bars([{"bar": "", **bar}], report.figures(lines))
    return checked


@pytest.fixture(scope="module")
def run():
    """bench/run as a module: it has no suffix."""
    loader = importlib.machinery.SourceFileLoader("bench_run", str(BENCH / "run"))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader("bench_run", loader))
    loader.exec_module(module)
    return module


def test_the_best_time_of_the_rounds_of_one_size_counts():
    table = report.figures([line("scrape_text", "pitot", series=1000, ns=ns) for ns in (30, 10, 20)] +
                           [line("scrape_text", "pitot", series=MILLION, ns=99)])

    assert table[report.Key("scrape_text", 1, "pitot", 1000)] == report.Figure(10, "ns", 3)
    assert table[report.Key("scrape_text", 1, "pitot", MILLION)] == report.Figure(99, "ns", 1)


@pytest.mark.parametrize("ns,holds", [(20, True), (20.1, False)])
def test_a_bar_may_be_a_figure_of_one_size(ns, holds):
    bar = {"left": ["scrape_text", 1, "pitot", MILLION], "max": 20}
    small = line("scrape_text", "pitot", series=1000, ns=1000)

    assert check(bar, small, line("scrape_text", "pitot", series=MILLION, ns=ns))["holds"] is holds


@pytest.mark.parametrize("ns,holds", [(30, True), (31, False)])
def test_a_bar_may_be_a_ratio_to_another_size(ns, holds):
    bar = {"left": ["scrape_text", 1, "pitot", MILLION], "max": 1.5,
           "right": ["scrape_text", 1, "pitot", 10000]}
    checked = check(bar, line("scrape_text", "pitot", series=10000, ns=20),
                    line("scrape_text", "pitot", series=MILLION, ns=ns))

    assert (checked["limit"], checked["holds"]) == (30, holds)


@pytest.mark.parametrize("part,holds", [(0.95, True), (0.94, False)])
def test_a_bar_may_be_a_part_that_has_to_be_reached(part, holds):
    bar = {"left": ["recording_while_scraping", 1, "pitot"], "min": 0.95}

    assert check(bar, line("recording_while_scraping", "pitot", ratio=part))["holds"] is holds


def test_a_bar_against_the_peers_is_against_the_best_of_them():
    bar = {"left": ["counter_inc", 1, "pitot"], "max": 0.5, "right": ["counter_inc", 1, "peers"]}
    checked = check(bar, line("counter_inc", "pitot", ns=3), line("counter_inc", "client_golang", ns=9),
                    line("counter_inc", "victoriametrics", ns=5))

    assert (checked["limit"], checked["against"], checked["holds"]) == (2.5, "victoriametrics", False)


def test_a_bar_of_what_was_not_measured_is_not_told_to_hold():
    against_none = {"left": ["scrape_text", 1, "pitot", 1000], "max": 3,
                    "right": ["scrape_text", 1, "memcpy", 1000]}
    measured = line("scrape_text", "pitot", series=1000, ns=1)

    assert check(against_none, measured)["holds"] is None
    assert check({"left": ["scrape_text", 1, "pitot", MILLION], "max": 3}, measured)["holds"] is None


def test_the_table_shows_every_unit_and_how_many_times_better_pitot_is():
    _, body = report.table_cells(report.figures([
        line("counter_inc", "pitot", ns=2), line("counter_inc", "prometheus-cpp", ns=12),
        line("parse_text", "pitot", mb_s=400), line("parse_text", "prometheus-cpp", mb_s=20),
        line("http_keepalive_1000", "pitot", us=100), line("scrape_memory_growth", "pitot", bytes=0),
        line("recording_while_scraping", "pitot", ratio=0.96),
        line("scrape_gzip", "pitot", series=MILLION, ns=100),
        line("scrape_gzip", "zlib6", series=MILLION, ns=900)]))

    assert body == [
        ["counter_inc", "1", "ns", "2.00", "12.0 (6.00×)", ""],
        ["parse_text", "1", "MB/s", "400", "20.0 (20.0×)", ""],
        ["scrape_gzip, 1,000,000 series", "1", "ns", "100", "", "zlib6 900 (9.00×)"],
        ["http_keepalive_1000", "1", "µs", "100", "", ""],
        ["scrape_memory_growth", "1", "bytes", "0.00", "", ""],
        ["recording_while_scraping", "1", "of idle", "0.96", "", ""],
    ]


def test_the_plot_of_growth_has_a_curve_with_its_name_for_everybody_who_scrapes():
    lines = [line(op, impl, series=size, ns=ns + size / 1e5)
             for op, impl, ns in [("scrape_text", "pitot", 15), ("scrape_gzip", "pitot", 80),
                                  ("scrape_text", "memcpy", 8), ("scrape_gzip", "zlib6", 800),
                                  ("scrape_text", "prometheus-cpp", 3000)]
             for size in (1000, 10000, 100000, MILLION)]
    svg = xml.etree.ElementTree.fromstring(report.svg_growth(report.figures(lines)))
    names = [text.text for text in svg.iter("{http://www.w3.org/2000/svg}text")]

    assert len(list(svg.iter("{http://www.w3.org/2000/svg}polyline"))) == 5
    for name in ("pitot 25.0", "pitot, gzip 90.0", "memcpy 18.0", "zlib6, gzip 810",
                 "prometheus-cpp 3,010"):
        assert name in names
    assert report.svg_growth(report.figures([line("counter_inc", "pitot", ns=1)])) is None


def test_names_beside_curves_keep_their_distance_and_stay_on_the_page():
    assert report.apart([10, 11, 60], 14, 100) == [10, 24, 60]
    assert report.apart([10, 95, 96, 97], 14, 100) == [10, 72, 86, 100]


def sizes(arguments):
    """Of a step of the plan: {None} when it has none."""
    given = dict(zip(arguments[::2], arguments[1::2])).get("--series")
    return set(map(int, given.split(","))) if given else {None}


def test_every_bar_is_of_something_that_is_measured(run):
    planned = {(op, size) for ops, arguments, _ in run.PLAN for op in ops for size in sizes(arguments)}
    planned |= {(op, None) for op, _ in planned if op == "recording_while_scraping"}  # has one size
    for bar in json.loads((BENCH / "bars.json").read_text()):
        for op, _, impl, *series in [bar["left"], bar.get("right", bar["left"])]:
            assert (op, series[0] if series else None) in planned, bar
            assert impl == "peers" or impl in report.IMPLS, bar


def test_every_operation_is_explained(run):
    for ops, _, _ in run.PLAN:
        assert set(ops) <= report.WHAT.keys()
