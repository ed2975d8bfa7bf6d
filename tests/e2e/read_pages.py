#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Pages in files, read by the Python client: FOLDER has pairs of N.txt and N.om of one snapshot.

src/format/oracle_test.c makes them. Prints what is wrong and exits 1.
"""
import pathlib
import re
import sys

import pages
from prometheus_client import parser as text_parser
from prometheus_client.openmetrics import parser as openmetrics_parser


def read_text(path):
    text = path.read_text()
    counters = set(re.findall(r"^# TYPE (\S+) counter$", text, re.M))
    return [pages.unmunged(family, counters)
            for family in text_parser.text_string_to_metric_families(text)]


def read_openmetrics(path):
    return list(openmetrics_parser.text_string_to_metric_families(path.read_text()))


def values(families):
    """Samples under the names that they have in text, with `le` and `quantile` as numbers."""
    samples = {}
    for family in families:
        for sample in family.samples:
            if sample.name.endswith("_created"):
                continue
            name = sample.name.replace("_gcount", "_count").replace("_gsum", "_sum")
            labels = tuple(sorted((k, float(v) if k in ("le", "quantile") else v)
                                  for k, v in sample.labels.items()))
            key = name, labels, sample.timestamp and round(float(sample.timestamp), 3)
            assert key not in samples, f"twice: {key}"
            samples[key] = float(sample.value)
    return samples


def main(folder):
    exemplars = types = 0
    for path in sorted(pathlib.Path(folder).glob("*.om")):
        try:
            openmetrics = read_openmetrics(path)
            difference = pages.differences(
                values(openmetrics), values(read_text(path.with_suffix(".txt"))))
        except (ValueError, AssertionError) as error:
            sys.exit(f"{path}: {error}")
        if difference:
            sys.exit(f"{path}: OpenMetrics and text differ: {difference}")
        exemplars += sum(sample.exemplar is not None
                         for family in openmetrics for sample in family.samples)
        types |= sum({1 << "unknown gauge counter stateset info histogram gaugehistogram summary"
                      .split().index(family.type) for family in openmetrics})
    if exemplars < 10 or types != 255:
        sys.exit(f"{folder}: {exemplars} exemplars, types {types:b}: not all that there can be")


main(sys.argv[1])
