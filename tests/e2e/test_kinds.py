# SPDX-License-Identifier: MIT
"""Every type of metric, from a live program: over HTTP in every format and escaping, into a real
Prometheus as protobuf and as OpenMetrics, and through the command pitot."""
import json
import re
import subprocess
import time

import pytest

import kinds
import pages
import web
from kinds import FORMATS, carried, convert, get, pitot, read, with_escaped_names
from programs import PROMTOOL
from test_prometheus import OWN, run_prometheus, scrape_between
from test_protobuf import PROTO, ask, family_class, key, messages, native_buckets, seconds

SCHEMES = ["allow-utf-8", "underscores", "dots", "values"]
NATIVE = ("kinds_native_seconds", "kinds_both_seconds", "kinds_unused_seconds")
assert family_class  # a fixture


@pytest.fixture(scope="module")
def program(start_for_module):
    return start_for_module("e2e-kinds", "127.0.0.1:0")


@pytest.fixture(scope="module")
def families(program):
    """All that there is, as its JSON has it."""
    return read(get(program.port, "json"), "json")


def test_the_page_has_every_type(families):
    assert {family["type"] for family in families.values()} == {
        "counter", "gauge", "histogram", "summary", "info", "stateset", "gaugehistogram", "unknown"}
    assert len(families) == 18


# ---- HTTP ----

def content_type(form, scheme):
    if form == "json":
        return "application/json"
    parameters = FORMATS[form].split(";")
    if form != "protobuf":
        parameters.append("charset=utf-8")
    return "; ".join([*parameters, f"escaping={scheme}"])


@pytest.mark.parametrize("scheme", [None, *SCHEMES])
@pytest.mark.parametrize("form", FORMATS)
def test_content_type_and_names_are_those_asked_for(program, families, form, scheme):
    accept = FORMATS[form] + (f";escaping={scheme}" if scheme else "")
    answer = web.get(program.port, accept=accept)
    written = "allow-utf-8" if form == "json" else scheme or "underscores"

    assert answer.header("Content-Type") == content_type(form, written)
    assert read(answer.body, form) == with_escaped_names(carried(families, form), written)
    pitot("check", "--format", form, page=answer.body)


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("form", ["text", "text1"])
def test_names_stand_on_the_page_as_they_are_escaped(program, families, form, scheme):
    page = get(program.port, form, scheme).decode()
    names = {kinds.escape(name, scheme) for name in families}

    def quoted(name):
        if re.fullmatch("[a-zA-Z_:][a-zA-Z0-9_:]*", name):
            return name
        return '"' + re.sub(r'[\\"\n]', lambda found: {"\n": r"\n"}.get(
            found[0], "\\" + found[0]), name) + '"'
    typed = set(re.findall(r"^# TYPE (.*) \w+$", page, re.M))
    assert {name for name in typed if not name.startswith("pitot_")} == set(map(quoted, names))


@pytest.mark.parametrize("first", FORMATS)
def test_a_page_stays_the_same_through_every_other_format_and_back(program, families, first):
    page = get(program.port, first, "allow-utf-8")

    for second in FORMATS:
        other = convert(page, first, second)
        pitot("check", "--format", second, page=other)
        there = carried(carried(families, first), second)
        assert read(other, second) == there, second
        back = convert(other, second, first)
        pitot("check", "--format", first, page=back)
        assert read(back, first) == carried(there, first), second


def test_openmetrics_with_created_samples_keeps_the_start_times(program, families):
    page = convert(get(program.port, "json"), "json", "openmetrics", "--created")
    pitot("check", "--format", "openmetrics", page=page)

    def starts(of):
        return {(family["name"], str(series["labels"])): float(series["start"])
                for family in of.values() for series in family["series"] if "start" in series}
    assert starts(read(page, "openmetrics")) == starts(families)
    assert len(starts(families)) == 14


def test_scrape_prints_the_page_of_the_live_program(program, families):
    document = pitot("scrape", "--to", "json", "--escaping", "allow-utf-8", "--accept",
                     kinds.PROTOBUF + ";escaping=allow-utf-8", f"127.0.0.1:{program.port}")
    assert kinds.families_of(document) == carried(families, "protobuf")


def test_scrape_asks_like_a_prometheus_unless_told_otherwise(program, families):
    page = pitot("scrape", f"127.0.0.1:{program.port}")  # a text, for who looks at it

    pitot("check", "--format", "text", page=page)
    assert read(page, "text") == with_escaped_names(carried(families, "text"), "underscores")


# ---- Other readers ----

def test_promtool_finds_no_error(program):
    done = subprocess.run([PROMTOOL, "check", "metrics"], input=get(program.port, "text"),
                          capture_output=True, check=False, timeout=web.PATIENCE)
    assert done.returncode in (0, 3), done.stderr.decode()  # 3: it would name some otherwise


def classic_samples(families, form):
    """{(name, labels): value} of what a text format has to show."""
    samples = {}

    def add(name, labels, value):
        samples[pages.key_of(name, labels)] = float(value)
    for family in carried(families, form).values():
        count, total = (("_gcount", "_gsum") if family["type"] == "gaugehistogram"
                        else ("_count", "_sum"))
        for series in family["series"]:
            name, labels = family["name"], series["labels"]
            if "value" in series:
                add(name, labels, series["value"])
                continue
            cumulative = 0
            for bucket in series.get("buckets", []):
                cumulative += float(bucket["count"])
                add(name + "_bucket", {**labels, "le": float(bucket["le"])}, cumulative)
            for quantile in series.get("quantiles", []):
                add(name, {**labels, "quantile": quantile["quantile"]}, quantile["value"])
            if form == "text" or series["sum"] != "nan":
                add(name + count, labels, series["count"])
                add(name + total, labels, series["sum"])
    return samples


@pytest.mark.parametrize("form,accept", [("openmetrics", web.OPENMETRICS), ("text", web.TEXT)],
                         ids=["openmetrics", "text"])
def test_python_reads_every_value(program, families, form, accept):
    got = pages.plain_bounds(pages.samples_of(pages.parse(web.get(program.port, accept=accept))))
    expected = classic_samples(with_escaped_names(families, "underscores"), form)

    assert not pages.differences({item: value for item, value in got.items()
                                  if not item[0].startswith("pitot_")}, expected)


def test_python_reads_types_units_and_exemplars(program, families):
    answer = web.get(program.port, accept=web.OPENMETRICS)
    got = {family.name: family for family in pages.parse(answer)}

    for family in with_escaped_names(families, "underscores").values():
        suffix = {"counter": "_total", "info": "_info"}.get(family["type"], "")
        read_family = got[family["name"][:len(family["name"]) - len(suffix)]]
        assert read_family.type == family["type"]
        assert read_family.unit == family.get("unit", "")
        assert read_family.documentation == family["help"]
        exemplars = [(one.exemplar.labels, one.exemplar.value, float(one.exemplar.timestamp))
                     for one in read_family.samples if one.exemplar]
        assert exemplars == [(one["labels"], float(one["value"]), pytest.approx(
            float(one["time"]), abs=1e-6)) for series in family["series"] for one in
            series.get("exemplars", []) if "bucket" in one or family["type"] == "counter"]


def test_protobuf_says_since_when_all_count(program, families, family_class):
    got = [family_class.FromString(message)
           for message in messages(get(program.port, "protobuf", "allow-utf-8"))]
    starts = {}
    for family in got:
        for metric in family.metric:
            for kind in ("counter", "summary", "histogram"):
                value = getattr(metric, kind)
                if metric.HasField(kind) and value.HasField("created_timestamp"):
                    labels = tuple((pair.name, pair.value) for pair in metric.label)
                    starts[family.name, labels] = seconds(value.created_timestamp)

    wanted = {(name, tuple(series["labels"].items())): pytest.approx(
        float(series["start"]), abs=1e-6)
        for name, family in families.items() for series in family["series"] if "start" in series}
    assert {item: start for item, start in starts.items() if item[0] in families} == wanted


def test_protoc_knows_every_field(program):
    for message in messages(get(program.port, "protobuf")):
        text = subprocess.run(
            ["protoc", f"--proto_path={PROTO.parent}", "--decode=io.prometheus.client.MetricFamily",
             PROTO.name], input=message, capture_output=True, check=True).stdout.decode()
        assert not re.search(r"^\s*\d+[:\s]", text, re.M), text


# ---- Prometheus ----

def scraping(start, folder, program, job, features):
    target = {"targets": [f"127.0.0.1:{program.port}"]}
    jobs = [{"job_name": job, "static_configs": [target]}]
    return run_prometheus(start, folder, jobs, flags=[f"--enable-feature={features}"])


@pytest.fixture(scope="module")
def by_protobuf(start_for_module, program, tmp_path_factory):
    return scraping(start_for_module, tmp_path_factory.mktemp("protobuf"), program, "protobuf",
                    "native-histograms,exemplar-storage")


@pytest.fixture(scope="module")
def by_openmetrics(start_for_module, program, tmp_path_factory):
    return scraping(start_for_module, tmp_path_factory.mktemp("openmetrics"), program,
                    "openmetrics", "exemplar-storage")


def stored(prometheus, program, job):
    """The values of one scrape, of what is no native histogram."""
    _, got, _, _ = scrape_between(prometheus, program, job, web.TEXT)
    return {item: value for item, value in pages.plain_bounds(got).items()
            if item[0] not in OWN and not item[0].startswith("pitot_")}


def test_prometheus_has_every_value_by_openmetrics(by_openmetrics, program, families):
    expected = classic_samples(with_escaped_names(families, "underscores"), "openmetrics")
    assert not pages.differences(stored(by_openmetrics, program, "openmetrics"), expected)


def test_prometheus_has_every_value_by_protobuf(by_protobuf, program, families):
    # It stores no classic buckets where there are native ones, and of gauge histograms this
    # version forgets the suffixes.
    others = {name: family for name, family in families.items()
              if name not in (*NATIVE, "kinds_ages_days")}
    got = {item: value for item, value in stored(by_protobuf, program, "protobuf").items()
           if not item[0].startswith("kinds_ages_days")}

    expected = classic_samples(with_escaped_names(others, "underscores"), "text")
    assert not pages.differences(got, expected)


def populated(native):
    """Its buckets as Prometheus tells them: those that are not empty."""
    native = {**native, "zero_threshold": float(native["zero_threshold"]),
              "zero_count": float(native["zero_count"])}
    return [tuple(map(float, bucket)) for bucket in native_buckets(native) if float(bucket[2])]


@pytest.mark.parametrize("name", NATIVE)
def test_prometheus_has_the_native_buckets_of(by_protobuf, program, families, name):
    web.wait_until(lambda: by_protobuf.scrape_after(0, "protobuf"), "a scrape")
    got = ask(by_protobuf, name)[key({})]
    (series,) = families[name]["series"]

    assert float(got["count"]) == float(series["count"])
    assert float(got["sum"]) == float(series["sum"])
    wanted = populated(series["native"])
    buckets = [tuple(map(float, bucket[1:])) for bucket in got.get("buckets", [])]
    assert len(buckets) == len(wanted)
    for bucket, expected in zip(buckets, wanted):
        assert bucket == pytest.approx(expected, rel=1e-12)
    assert sum(bucket[2] for bucket in buckets) == float(series["count"])


def exemplars_of(prometheus):
    result = prometheus.ask("query_exemplars", query='{__name__=~"kinds_.*"}',
                            start=time.time() - 600, end=time.time() + 60)
    got = set()
    for series in result:
        labels = {name: value for name, value in series["seriesLabels"].items()
                  if name not in ("job", "instance")}
        name = labels.pop("__name__")
        got |= {(name, frozenset(labels.items()), frozenset(one["labels"].items()),
                 float(one["value"]), round(one["timestamp"], 3)) for one in series["exemplars"]}
    return got


def expected_exemplars(families, native):
    """Of a native histogram this version takes the first that its classic buckets have."""
    expected = set()
    for name, family in families.items():
        for series in family["series"]:
            first = native and name in NATIVE
            for one in series.get("exemplars", [])[:1 if first else None]:
                labels, suffix = dict(series["labels"]), ""
                if family["type"] == "histogram":
                    if "bucket" not in one:
                        continue
                    if not first:
                        le = float(series["buckets"][one["bucket"]]["le"])
                        labels["le"], suffix = {float("inf"): "+Inf"}.get(le, str(le)), "_bucket"
                at = int(float(one["time"]) * 1000) / 1000
                expected.add((name + suffix, frozenset(labels.items()),
                              frozenset(one["labels"].items()), float(one["value"]), at))
    return expected


@pytest.mark.parametrize("job", ["protobuf", "openmetrics"])
def test_prometheus_has_the_exemplars(by_protobuf, by_openmetrics, families, job):
    prometheus = {"protobuf": by_protobuf, "openmetrics": by_openmetrics}[job]
    web.wait_until(lambda: prometheus.scrape_after(0, job), "a scrape")

    expected = expected_exemplars(families, native=job == "protobuf")
    assert len(expected) == {"protobuf": 5, "openmetrics": 6}[job]
    assert exemplars_of(prometheus) == expected


def test_prometheus_knows_types_units_and_help_by_openmetrics(by_openmetrics, families):
    web.wait_until(lambda: by_openmetrics.scrape_after(0, "openmetrics"), "a scrape")
    metadata = by_openmetrics.ask("metadata")

    for family in with_escaped_names(families, "underscores").values():
        suffix = {"counter": "_total", "info": "_info"}.get(family["type"], "")
        (known,) = metadata[family["name"][:len(family["name"]) - len(suffix)]]
        assert known == {"type": family["type"], "unit": family.get("unit", ""),
                         "help": family["help"]}


@pytest.mark.parametrize("job", ["protobuf", "openmetrics"])
def test_prometheus_has_nothing_to_complain_about(by_protobuf, by_openmetrics, job):
    prometheus = {"protobuf": by_protobuf, "openmetrics": by_openmetrics}[job]
    asked = time.time()
    web.wait_until(lambda: prometheus.scrape_after(asked, job), "a scrape")

    log = prometheus.program.stderr()
    assert not re.findall(r"^.*(?:append failed|Error on ingesting samples|[Dd]uplicate).*$",
                          log, re.M)


# ---- Pages that others wrote ----

@pytest.mark.parametrize("form", FORMATS)
def test_the_page_of_prometheus_is_valid(by_protobuf, form):
    """It answers in text what it does not know."""
    url = f"127.0.0.1:{by_protobuf.port}"
    report = json.loads(pitot("check", "--json", "--accept", form, url))
    assert report
    scraped = kinds.families_of(pitot("scrape", "--accept", form, "--to", "json", url))
    assert scraped["prometheus_build_info"]["series"][0]["value"] == "1.0"
    assert scraped["prometheus_http_request_duration_seconds"]["type"] == "histogram"


@pytest.mark.parametrize("form", ["text", "protobuf"])
def test_the_page_of_prometheus_is_the_same_in_every_format(by_protobuf, form):
    page = web.get(by_protobuf.port, accept=FORMATS[form]).body
    families = read(page, form)

    for other in ("text", "openmetrics", "protobuf", "json"):
        expected = carried(families, other)
        if other == "openmetrics":  # there is a gauge whose family would be called the same
            expected["go_memstats_alloc_bytes_total"]["type"] = "unknown"
        assert read(convert(page, form, other), other) == expected, other


def federated(prometheus, form):
    """(samples, native histograms) of a page that Prometheus writes of what it has stored."""
    page = web.get(prometheus.port, '/federate?match[]={__name__=~"kinds_.*"}',
                   accept=FORMATS[form]).body
    pitot("check", "--format", form, page=page)
    samples, natives = {}, {}
    for name, family in read(page, form).items():
        for series in family["series"]:
            labels = {label: value for label, value in series["labels"].items()
                      if label not in ("instance", "job")}
            assert float(series["time"]) == pytest.approx(time.time(), abs=60)
            if "native" in series:
                natives[name] = (series["count"], series["sum"], populated(series["native"]))
            else:
                samples[pages.key_of(name, labels)] = float(series["value"])
    return pages.plain_bounds(samples), natives


@pytest.mark.parametrize("form", ["text", "protobuf"])
def test_a_page_of_federation_has_every_value(by_openmetrics, families, form):
    web.wait_until(lambda: by_openmetrics.scrape_after(0, "openmetrics"), "a scrape")
    samples, natives = federated(by_openmetrics, form)

    expected = classic_samples(with_escaped_names(families, "underscores"), "openmetrics")
    assert not pages.differences(samples, expected)
    assert not natives


def test_a_page_of_federation_has_the_native_histograms(by_protobuf, families):
    web.wait_until(lambda: by_protobuf.scrape_after(0, "protobuf"), "a scrape")
    _, natives = federated(by_protobuf, "protobuf")

    assert natives == {name: (series["count"], series["sum"], populated(series["native"]))
                       for name in NATIVE for series in families[name]["series"]}
