# SPDX-License-Identifier: MIT
"""The page of kinds.c in every format, and what each format can carry of it."""
import copy
import json
import re
import subprocess

import web
from programs import NO_PROXY, program

PROTOBUF = ("application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;"
            "encoding=delimited")
# The name of each format, and its media type.
FORMATS = {
    "text": "text/plain;version=0.0.4",
    "text1": "text/plain;version=1.0.0",
    "openmetrics": "application/openmetrics-text;version=1.0.0",
    "openmetrics0": "application/openmetrics-text;version=0.0.1",
    "protobuf": PROTOBUF,
    "json": "application/json",
}
NUMBERS = ("value", "sum", "count", "le", "quantile")


def pitot(*arguments, page=None, status=0):
    """What the command writes, for a page on its standard input."""
    done = subprocess.run([program("pitot"), *map(str, arguments)], input=page, env=NO_PROXY,
                          capture_output=True, check=False, timeout=web.PATIENCE)
    assert done.returncode == status, (done.stdout[-2000:] + done.stderr[-2000:]).decode()
    return done.stdout


def get(port, form, escaping=None):
    """One page. Asked for nothing else, whatever the server would like more."""
    accept = FORMATS[form] + (f";escaping={escaping}" if escaping else "")
    answer = web.get(port, accept=accept)
    assert answer.status == 200
    return answer.body


def convert(page, source, target, *arguments):
    return pitot("convert", "--from", source, "--to", target, "--escaping", "allow-utf-8",
                 *arguments, page=page)


def plain_numbers(data):
    """The same with doubles only: one format writes 7, the other one 7.0."""
    if isinstance(data, list):
        return [plain_numbers(item) for item in data]
    if not isinstance(data, dict):
        return data
    return {key: repr(float(value)) if key in NUMBERS else
            value if key == "labels" else plain_numbers(value) for key, value in data.items()}


def families_of(document):
    """{name: family} of a page in JSON, without what differs in each snapshot."""
    families = {}
    for family in json.loads(document, parse_float=str)["families"]:
        if not family["name"].startswith("pitot_"):
            families[family["name"]] = plain_numbers(
                {key: value for key, value in family.items() if value != ""})
    return families


def read(page, form):
    return families_of(convert(page, form, "json"))


# ---- What a format has no place for ----

def one_bucket_for_native(series):
    if series.pop("native", None) and "buckets" not in series:
        series["buckets"] = [{"le": "inf", "count": series["count"]}]


def text_carries(family):
    family.pop("unit", None)
    family["type"] = {"info": "gauge", "stateset": "gauge", "gaugehistogram": "histogram"}.get(
        family["type"], family["type"])
    for series in family["series"]:
        one_bucket_for_native(series)
        series.pop("start", None)
        series.pop("exemplars", None)


def openmetrics_carries(family):
    for series in family["series"]:
        one_bucket_for_native(series)
        series.pop("start", None)
        if "buckets" in series:
            exemplars = [one for one in series.pop("exemplars", []) if "bucket" in one]
            if exemplars:
                series["exemplars"] = exemplars
        if family["type"] == "histogram" and float(series["buckets"][0]["le"]) < 0:
            series["sum"] = "nan"  # it may not be there


def protobuf_carries(family):
    family["type"] = {"info": "gauge", "stateset": "gauge"}.get(family["type"], family["type"])


CARRIES = {"text": text_carries, "text1": text_carries, "openmetrics": openmetrics_carries,
           "openmetrics0": openmetrics_carries, "protobuf": protobuf_carries,
           "json": lambda family: None}


def carried(families, form):
    families = copy.deepcopy(families)
    for family in families.values():
        CARRIES[form](family)
    return families


# ---- Names that not everybody knows ----

def escape(name, scheme):
    """By "Escaping schemes" of the Prometheus documentation."""
    if scheme == "allow-utf-8" or re.fullmatch("[a-zA-Z_:][a-zA-Z0-9_:]*", name):
        return name
    known = "[a-zA-Z0-9:]"
    others = {
        "underscores": lambda character: "_",
        "dots": lambda character: "_dot_" if character == "." else "__",
        "values": lambda character: "__" if character == "_" else f"_{ord(character):x}_",
    }[scheme]
    escaped = "".join(one if re.fullmatch(known, one) else others(one) for one in name)
    return "U__" + escaped if scheme == "values" else escaped


def with_escaped_names(families, scheme):
    escaped = {}
    for family in copy.deepcopy(families).values():
        family["name"] = escape(family["name"], scheme)
        for series in family["series"]:
            series["labels"] = {escape(name, scheme): value
                                for name, value in series["labels"].items()}
        escaped[family["name"]] = family
    assert len(escaped) == len(families)
    return escaped
