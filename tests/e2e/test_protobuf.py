# SPDX-License-Identifier: MIT
"""Protobuf pages, judged by protoc, by python3-protobuf and by a real Prometheus that scrapes one."""
import http.server
import json
import math
import re
import subprocess
import threading
import time

import pytest

import web
import wire
from programs import program
from test_prometheus import run_prometheus
from wire import CONTENT_TYPE, PROTO, messages

NOW = round(time.time(), 3)


def exemplar(value, **more):
    return {"labels": {"trace_id": f"t{value}"}, "value": float(value), "time": NOW, **more}


def native(zero, positive, negative=(), schema=0):
    """Native buckets from {index: count}, in spans without gaps."""
    def side(counts):
        spans, end = [], None
        for index in sorted(counts):
            if end is not None and index == end:
                spans[-1]["length"] += 1
            else:
                spans.append({"offset": index if end is None else index - end, "length": 1})
            end = index + 1
        return {"spans": spans, "counts": [counts[index] for index in sorted(counts)]}
    buckets = {"schema": schema, "zero_threshold": 0.001, "zero_count": zero}
    if positive:
        buckets["positive"] = side(positive)
    if negative:
        buckets["negative"] = side(negative)
    return buckets


# All that a page can have, as docs/json.md has it.
FAMILIES = [
    {"name": "e2e_requests_total", "type": "counter", "help": "Counted.\nTwice.", "series": [
        {"labels": {"method": "GET", "path": "/\"\\\n"}, "value": 41.5, "start": 1700000000.25,
         "exemplars": [exemplar(7)]},
        {"labels": {"method": "PUT"}, "value": 3}]},
    {"name": "e2e_level", "type": "gauge", "unit": "level", "series": [
        {"labels": {"kind": "small"}, "value": 5e-324},
        {"labels": {"kind": "nan"}, "value": "NaN"},
        {"labels": {"kind": "low"}, "value": "-Inf"},
        {"labels": {"kind": "\u00fc\U0001f321"}, "value": -0.1}]},
    {"name": "e2e_what", "type": "unknown", "series": [{"labels": {}, "value": 12}]},
    {"name": "e2e_build_info", "type": "info", "series": [{"labels": {"version": "1"}, "value": 1}]},
    {"name": "e2e_size", "type": "summary", "series": [
        {"labels": {}, "count": 9, "sum": 4.5, "start": 1700000000,
         "quantiles": [{"quantile": 0.5, "value": 0.25}, {"quantile": 0.99, "value": 2.0}]}]},
    {"name": "e2e_classic_seconds", "type": "histogram", "unit": "seconds", "series": [
        {"labels": {"a": "1"}, "count": 6, "sum": 9.75, "start": 1700000000.000000001,
         "buckets": [{"le": 0.5, "count": 1}, {"le": 2.0, "count": 3}, {"le": "+Inf", "count": 2}],
         "exemplars": [exemplar(1, bucket=1), exemplar(30, bucket=2)]},
        {"labels": {"a": "2"}, "count": 0, "sum": 0.0,
         "buckets": [{"le": 1.0, "count": 0}, {"le": "+Inf", "count": 0}]}]},
    {"name": "e2e_native_seconds", "type": "histogram", "series": [
        {"labels": {"a": "integers"}, "count": 15, "sum": 20.5,
         "native": native(2, {-1: 3, 0: 4, 5: 5}, {2: 1}), "exemplars": [exemplar(3)]},
        {"labels": {"a": "fine"}, "count": 7, "sum": 8.5, "native": native(0, {7: 3, 8: 4}, schema=3)},
        {"labels": {"a": "doubles"}, "count": 3.75, "sum": 6.5,
         "native": native(0.25, {1: 1.5, 3: 2.0})},
        {"labels": {"a": "empty"}, "count": 0, "sum": 0.0,
         "native": {"schema": 3, "zero_threshold": 0.0, "zero_count": 0}}]},
    {"name": "e2e_both_seconds", "type": "histogram", "series": [
        {"labels": {}, "count": 3, "sum": 5.0,
         "buckets": [{"le": 1.0, "count": 1}, {"le": "+Inf", "count": 2}],
         "native": native(0, {0: 1, 1: 2})}]},
    {"name": "e2e_ages", "type": "gaugehistogram", "series": [
        {"labels": {}, "count": 3, "sum": -5.0,
         "buckets": [{"le": -1.0, "count": 1}, {"le": "+Inf", "count": 2}]}]},
    {"name": "e2e_native_ages", "type": "gaugehistogram", "series": [
        {"labels": {}, "count": 4, "sum": -5.5, "native": native(1, {2: 2}, {3: 1}, schema=-2)}]},
]


def converted(page, source, target, *arguments):
    done = subprocess.run([program("e2e-convert"), source, target, *arguments], input=page,
                          capture_output=True, check=False, timeout=web.PATIENCE)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout


@pytest.fixture(scope="module")
def page():
    return converted(json.dumps({"families": FAMILIES}).encode(), "json", "protobuf")


@pytest.fixture(scope="module")
def family_class(tmp_path_factory):
    return wire.family_class(tmp_path_factory.mktemp("proto"))


def delimited(message):
    body, size = message.SerializeToString(), b""
    length = len(body)
    while length >= 0x80:
        size, length = size + bytes([length & 0x7f | 0x80]), length >> 7
    return size + bytes([length]) + body


def number(value):
    return float(value.replace("+Inf", "inf").replace("-Inf", "-inf")) if isinstance(
        value, str) else value


def same(a, b):
    return a == b or (math.isnan(a) and math.isnan(b))


# ---- Other decoders ----

def test_protoc_knows_every_field(page):
    """A field that has another number or type than the standard's shows as a bare number."""
    for message in messages(page):
        text = subprocess.run(
            ["protoc", f"--proto_path={PROTO.parent}", "--decode=io.prometheus.client.MetricFamily",
             PROTO.name], input=message, capture_output=True, check=True).stdout.decode()
        assert not re.search(r"^\s*\d+[:\s]", text, re.M), text
        assert text.startswith('name: "e2e_')


def seconds(timestamp):
    return timestamp.seconds + timestamp.nanos / 1e9


def check_histogram(expected, got):
    is_double = isinstance(expected["count"], float)
    assert (got.sample_count_float if is_double else got.sample_count) == expected["count"]
    assert got.sample_sum == expected["sum"]
    cumulative = 0
    assert len(got.bucket) == len(expected.get("buckets", []))
    for bucket, wanted in zip(got.bucket, expected.get("buckets", [])):
        cumulative += wanted["count"]
        assert bucket.cumulative_count == cumulative
        assert bucket.upper_bound == number(wanted["le"])
    if "native" not in expected:
        assert not got.HasField("schema")
        return
    assert got.schema == expected["native"]["schema"]
    zero = got.zero_count_float if is_double else got.zero_count
    assert zero == expected["native"]["zero_count"]
    for sign in ("positive", "negative"):
        wanted = expected["native"].get(sign, {"spans": [], "counts": []})
        spans = [{"offset": span.offset, "length": span.length}
                 for span in getattr(got, f"{sign}_span") if span.length]
        assert spans == wanted["spans"]
        counts, deltas = getattr(got, f"{sign}_count"), getattr(got, f"{sign}_delta")
        if is_double:
            assert list(counts) == wanted["counts"] and not deltas
        else:
            assert [sum(deltas[:i + 1]) for i in range(len(deltas))] == wanted["counts"]
            assert not counts


def test_python_reads_every_value(page, family_class):
    fields = {"unknown": "untyped", "info": "gauge", "gaugehistogram": "histogram"}
    got = [family_class.FromString(message) for message in messages(page)]
    expected = sorted(FAMILIES, key=lambda family: family["name"])

    assert [family.name for family in got] == [family["name"] for family in expected]
    for family, wanted in zip(got, expected):
        assert family.help == wanted.get("help", "")
        assert family.unit == wanted.get("unit", "")
        for metric, series in zip(family.metric, wanted["series"], strict=True):
            value = getattr(metric, fields.get(wanted["type"], wanted["type"]))
            assert {pair.name: pair.value for pair in metric.label} == series["labels"]
            if "value" in series:
                assert same(value.value, number(series["value"]))
            elif wanted["type"] == "summary":
                assert (value.sample_count, value.sample_sum) == (series["count"], series["sum"])
                assert [(q.quantile, q.value) for q in value.quantile] == [
                    (q["quantile"], q["value"]) for q in series["quantiles"]]
            else:
                check_histogram(series, value)
            if "start" in series:
                assert seconds(value.created_timestamp) == pytest.approx(series["start"], abs=1e-9)


def test_we_read_what_python_writes(page, family_class):
    """Python writes the fields in their order, and knows nothing of how we did it."""
    again = b"".join(delimited(family_class.FromString(message)) for message in messages(page))

    assert json.loads(converted(again, "protobuf", "json")) == json.loads(
        converted(page, "protobuf", "json"))


# ---- Prometheus ----

@pytest.fixture(scope="module")
def prometheus(start_for_module, page, tmp_path_factory):
    class Page(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            accepts.append(self.headers["Accept"])
            self.send_response(200)
            self.send_header("Content-Type", CONTENT_TYPE)
            self.send_header("Content-Length", str(len(page)))
            self.end_headers()
            self.wfile.write(page)

        def log_message(self, *_):
            pass

    accepts = []
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Page)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    job = {"job_name": "protobuf", "static_configs": [
        {"targets": [f"127.0.0.1:{server.server_address[1]}"]}]}
    prometheus = run_prometheus(
        start_for_module, tmp_path_factory.mktemp("prometheus"), [job],
        flags=["--enable-feature=native-histograms,exemplar-storage"])
    web.wait_until(lambda: prometheus.scrape_after(0, "protobuf"), "a scrape of protobuf")
    assert accepts[0].startswith("application/vnd.google.protobuf")
    yield prometheus
    server.shutdown()
    server.server_close()


def ask(prometheus, query):
    """{labels: value or histogram} of the newest samples."""
    results = {}
    for series in prometheus.ask("query", query=query)["result"]:
        labels = {key: value for key, value in series["metric"].items()
                  if key not in ("__name__", "job", "instance")}
        results[frozenset(labels.items())] = (
            series["histogram"][1] if "histogram" in series else float(series["value"][1]))
    return results


def key(labels, **more):
    return frozenset({**labels, **more}.items())


@pytest.mark.parametrize("name", ["e2e_requests_total", "e2e_level", "e2e_what", "e2e_build_info"])
def test_prometheus_has_every_value_of(prometheus, name):
    (family,) = (family for family in FAMILIES if family["name"] == name)
    got = ask(prometheus, name)

    assert len(got) == len(family["series"])
    for series in family["series"]:
        assert same(got[key(series["labels"])], number(series["value"]))


def test_prometheus_has_the_summary(prometheus):
    assert ask(prometheus, "e2e_size") == {key({"quantile": "0.5"}): 0.25,
                                           key({"quantile": "0.99"}): 2.0}
    assert ask(prometheus, "e2e_size_count") == {key({}): 9}
    assert ask(prometheus, "e2e_size_sum") == {key({}): 4.5}


def test_prometheus_has_the_classic_buckets(prometheus):
    assert ask(prometheus, 'e2e_classic_seconds_bucket{a="1"}') == {
        key({"a": "1", "le": "0.5"}): 1, key({"a": "1", "le": "2.0"}): 4,
        key({"a": "1", "le": "+Inf"}): 6}
    assert ask(prometheus, "e2e_classic_seconds_count") == {key({"a": "1"}): 6, key({"a": "2"}): 0}
    # Of a gauge histogram this version forgets the suffix, and so mixes up count and sum.
    ages = ask(prometheus, "e2e_ages")
    assert (ages[key({"le": "-1.0"})], ages[key({"le": "+Inf"})]) == (1, 3)


def native_buckets(native):
    """[(lower, upper, count)] as Prometheus tells them: of those that are not empty, by rising."""
    base = 2 ** 2 ** -native["schema"]
    buckets = []
    for sign, word in ((-1, "negative"), (1, "positive")):
        side, index = native.get(word, {"spans": [], "counts": []}), 0
        counts = iter(side["counts"])
        for span in side["spans"]:
            index += span["offset"]
            for _ in range(span["length"]):
                bounds = sorted((sign * base ** (index - 1), sign * base ** index))
                buckets.append((*bounds, next(counts)))
                index += 1
    if native["zero_count"]:
        buckets.append((-native["zero_threshold"], native["zero_threshold"], native["zero_count"]))
    return sorted(buckets)


@pytest.mark.parametrize("name", ["e2e_native_seconds", "e2e_both_seconds", "e2e_native_ages"])
def test_prometheus_has_the_native_buckets_of(prometheus, name):
    (family,) = (family for family in FAMILIES if family["name"] == name)
    got = ask(prometheus, name)

    assert len(got) == len(family["series"])
    for series in family["series"]:
        histogram = got[key(series["labels"])]
        assert float(histogram["count"]) == series["count"]
        assert float(histogram["sum"]) == series["sum"]
        buckets = [tuple(map(float, bucket[1:])) for bucket in histogram.get("buckets", [])]
        for bucket, wanted in zip(buckets, native_buckets(series["native"]), strict=True):
            assert bucket == pytest.approx(wanted, rel=1e-12)


def test_prometheus_has_the_exemplars(prometheus):
    result = prometheus.ask("query_exemplars", query='{__name__=~"e2e_.*"}',
                            start=NOW - 60, end=NOW + 60)
    got = {(series["seriesLabels"]["__name__"], series["seriesLabels"].get("le"),
            exemplar["labels"]["trace_id"], float(exemplar["value"]), exemplar["timestamp"])
           for series in result for exemplar in series["exemplars"]}

    # This one knows no exemplars but those of buckets; newer ones know the native ones too.
    assert {("e2e_requests_total", None, "t7", 7.0, NOW),
            ("e2e_classic_seconds_bucket", "2.0", "t1", 1.0, NOW),
            ("e2e_classic_seconds_bucket", "+Inf", "t30", 30.0, NOW)} <= got


def test_prometheus_knows_types_and_help(prometheus):
    metadata = prometheus.ask("metadata")

    for family in FAMILIES:
        (known,) = metadata[family["name"]]
        types = {"info": "gauge"}
        assert known["type"] == types.get(family["type"], family["type"])
        assert known["help"] == family.get("help", "")
