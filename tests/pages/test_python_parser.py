# SPDX-License-Identifier: MIT
"""The strict OpenMetrics parser of Prometheus' Python client judges the same pages as ours does.

Where the two differ, the reason is here. The C test tests/api/pages_test.c holds Pitot to the index
of each folder, so agreeing with the index is agreeing with Pitot.
"""
import pathlib

import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families as openmetrics
from prometheus_client.parser import text_string_to_metric_families as text

PAGES = pathlib.Path(__file__).parent

REFUSED_THERE = {
    "openmetrics/good/quoted-names.txt": "names in quotes are younger than this parser",
    "openmetrics/good/exemplar-names-in-quotes.txt": "the same",
    "openmetrics/good/stateset-in-quotes.txt": "the same",
    "openmetrics/good/exemplar-of-128-characters-with-escapes.txt": "the same",
    "text/good/quoted-after-another.txt": "the same",
    "text/good/quoted-histogram.txt": "the same",
    "text/good/utf8.txt": "the same",
}
TAKEN_THERE = {
    "created-alone.txt": "does not look for the value of a counter",
    "created-twice.txt": "looks for duplicates only across groups",
    "duplicate-series.txt": "the same",
    "exemplar-above-bucket.txt": "does not compare exemplars with buckets",
    "exemplar-below-bucket.txt": "the same",
    "help-ends-in-backslash.txt": "takes HELP as it comes",
    "help-with-quote.txt": "the same",
    "quantile-on-count.txt": "does not look for quantile on _count",
    "time-is-the-one-before-the-first.txt": "has no 64-bit nanoseconds",
    "time-is-too-late.txt": "the same",
}


def pages(folder):
    return [line.split()[0] for line in (PAGES / folder / "index").read_text().splitlines()]


def is_taken(parse, path):
    try:
        list(parse(path.read_bytes().decode()))
    except Exception:  # whatever it raises, also by accident, it has not taken the page
        return False
    return True


@pytest.mark.parametrize("name", pages("openmetrics/good"))
def test_good_openmetrics_is_taken(name):
    page = f"openmetrics/good/{name}"
    assert is_taken(openmetrics, PAGES / page) == (page not in REFUSED_THERE)


@pytest.mark.parametrize("name", pages("openmetrics/bad"))
def test_bad_openmetrics_is_refused(name):
    assert is_taken(openmetrics, PAGES / "openmetrics/bad" / name) == (name in TAKEN_THERE)


@pytest.mark.parametrize("name", pages("text/good"))
def test_good_text_is_taken(name):
    """Its parser of text takes nearly anything, so bad pages tell nothing."""
    page = f"text/good/{name}"
    assert is_taken(text, PAGES / page) == (page not in REFUSED_THERE)


@pytest.mark.parametrize("folder", [p.parent for p in sorted(PAGES.glob("*/*/index"))], ids=str)
def test_every_page_is_in_the_index_of_its_folder(folder):
    assert sorted(pages(folder)) == sorted(p.name for p in folder.glob("*.txt"))
