# SPDX-License-Identifier: MIT
"""Pages, read by the parsers of the Python client: one dict of samples for each."""
import math
import re

from prometheus_client import parser as text_parser
from prometheus_client.openmetrics import parser as openmetrics_parser

# What is different in each snapshot, whatever the program does.
UNSTEADY = ("pitot_snapshots_total", "pitot_collector_", "pitot_http_", "process_",
            "pitot_process_")


def parse(answer):
    """The families on a page, in the format that its Content-Type names."""
    assert answer.status == 200
    text = answer.body.decode("utf-8")  # strict: one bad byte is one lost scrape
    if answer.header("Content-Type").startswith("application/openmetrics-text"):
        return list(openmetrics_parser.text_string_to_metric_families(text))
    assert answer.header("Content-Type").startswith("text/plain; version=0.0.4")
    counters = set(re.findall(r"^# TYPE (\S+) counter$", text, re.M))
    return [unmunged(family, counters)
            for family in text_parser.text_string_to_metric_families(text)]


def unmunged(family, counters):
    """The parser calls every counter `_total`, like it or not: back to what the page says."""
    if family.type == "counter" and family.name in counters:
        family.type = "unknown"  # its name in OpenMetrics
        family.samples = [sample._replace(name=family.name) for sample in family.samples]
    return family


def key_of(name, labels):
    """Labels without a value are the same as labels that are not there."""
    return name, frozenset(item for item in labels.items() if item[1] != "")


def samples_of(families):
    """{(name, labels): value}, each series once."""
    samples = {}
    for family in families:
        for sample in family.samples:
            key = key_of(sample.name, sample.labels)
            assert key not in samples, f"twice on the page: {key}"
            samples[key] = float(sample.value)
    return samples


def plain_bounds(samples):
    """The same with each `le` as a number: one format writes "1", the other one "1.0"."""
    return {(name, frozenset((k, float(v) if k == "le" else v) for k, v in labels)): value
            for (name, labels), value in samples.items()}


def steady(samples):
    return {key: value for key, value in samples.items() if not key[0].startswith(UNSTEADY)}


def same(a, b):
    return a == b or (math.isnan(a) and math.isnan(b))


def differences(a, b):
    """What two dicts of samples do not have in common: empty when they are equal."""
    return {key: (a.get(key), b.get(key)) for key in a.keys() | b.keys()
            if key not in a or key not in b or not same(a[key], b[key])}


def value_of(samples, name, **labels):
    return samples[key_of(name, labels)]


def sum_of(samples, name):
    """Over all series of that name."""
    return sum(value for (found, _), value in samples.items() if found == name)


def counters_of(families):
    """The names of all samples that may never go back."""
    names = set()
    for family in families:
        if family.type == "counter":
            names.add(family.name + "_total")
        if family.type == "histogram":
            names.update(family.name + suffix for suffix in ("_bucket", "_count"))
    return names


def check_histograms(families):
    """Buckets rise with `le`, and the last one is the count."""
    for family in families:
        if family.type != "histogram":
            continue
        buckets, counts = {}, {}
        for sample in family.samples:
            labels = dict(sample.labels)
            le = labels.pop("le", None)
            key = frozenset(labels.items())
            if sample.name.endswith("_bucket"):
                buckets.setdefault(key, []).append((float(le), sample.value))
            elif sample.name.endswith("_count"):
                counts[key] = sample.value
        for key, series in buckets.items():
            values = [value for _, value in sorted(series)]
            assert sorted(series)[-1][0] == math.inf, f"{family.name} {key}: no +Inf"
            assert values == sorted(values), f"{family.name} {key}: {series}"
            assert counts.get(key, values[-1]) == values[-1], f"{family.name} {key}"
