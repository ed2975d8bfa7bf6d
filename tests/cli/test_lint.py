# SPDX-License-Identifier: MIT
"""pitot lint: promlint's rules in its words, and advice of our own."""
import json
import subprocess

import pytest

from programs import NO_PROXY, PROMTOOL

# Pages on which promlint has something to say, or nearly.
PAGES = {
    "good": "# HELP a_total b\n# TYPE a_total counter\na_total 1\n",
    "no help": "# TYPE a_total counter\na_total 1\n",
    "empty help": "# HELP a_total \n# TYPE a_total counter\na_total 1\n",
    "no samples": "# TYPE fooBar counter\n# HELP up u\nup 1\n",
    "counter": "# HELP a b\n# TYPE a counter\na 1\n",
    "total gauge": "# HELP a_total b\n# TYPE a_total gauge\na_total 1\n",
    "untyped": "# HELP a_total b\na_total 1\n# HELP b_count b\nb_count 1\n",
    "bucket gauge": "# HELP a_bucket b\n# TYPE a_bucket gauge\na_bucket 1\n",
    "count gauge": "# HELP a_count b\n# TYPE a_count gauge\na_count 1\n",
    "sum counter": "# HELP a_sum b\n# TYPE a_sum counter\na_sum 1\n",
    "le": "# HELP a b\n# TYPE a gauge\na{le=\"1\"} 1\na{le=\"2\"} 1\n",
    "quantile": "# HELP a_total b\n# TYPE a_total counter\na_total{quantile=\"1\"} 1\n",
    "le untyped": "# HELP a b\n# TYPE a untyped\na{le=\"1\",quantile=\"2\"} 1\n",
    "types": "# HELP a_gauge b\n# TYPE a_gauge gauge\na_gauge 1\n"
             "# HELP a_counter_b_total b\n# TYPE a_counter_b_total counter\na_counter_b_total 1\n"
             "# HELP summary_a b\n# TYPE summary_a gauge\nsummary_a 1\n"
             "# HELP a_gauge_histogram b\n# TYPE a_gauge_histogram gauge\na_gauge_histogram 1\n",
    "type in capitals": "# HELP a_GAUGE b\n# TYPE a_GAUGE gauge\na_GAUGE 1\n",
    "untyped in name": "# HELP a_untyped b\n# TYPE a_untyped gauge\na_untyped 1\n",
    "colon": "# HELP a:b c\n# TYPE a:b gauge\na:b 1\n",
    "camel": "# HELP aB c\n# TYPE aB gauge\naB{cD=\"1\"} 1\naB{cD=\"2\"} 1\n",
    "capitals": "# HELP AB_CD c\n# TYPE AB_CD gauge\nAB_CD 1\n",
    "histogram": "# HELP h_seconds b\n# TYPE h_seconds histogram\nh_seconds_bucket{le=\"+Inf\"} 1\n"
                 "h_seconds_sum 1\nh_seconds_count 1\n",
    "histogram with quantile": "# HELP h b\n# TYPE h histogram\n"
                               "h_bucket{le=\"+Inf\",quantile=\"1\"} 1\n"
                               "h_sum{quantile=\"1\"} 1\nh_count{quantile=\"1\"} 1\n",
    "summary": "# HELP s b\n# TYPE s summary\ns{quantile=\"0.5\"} 1\ns_sum 1\ns_count 1\n",
    "thermometers": "# HELP thermometers_failed b\n# TYPE thermometers_failed gauge\n"
                    "thermometers_failed 1\n",
    "metres": "# HELP a_metres b\n# TYPE a_metres gauge\na_metres 1\n",
    "decametres": "# HELP a_decametres b\n# TYPE a_decametres gauge\na_decametres 1\n",
    "unit first": "# HELP hours_a b\n# TYPE hours_a gauge\nhours_a 1\n",
    "unit alone": "# HELP bits b\n# TYPE bits gauge\nbits 1\n",
    "unit in capitals": "# HELP a_Minutes b\n# TYPE a_Minutes gauge\na_Minutes 1\n",
}
UNITS = ["milliseconds", "microseconds", "minutes", "hours", "days", "weeks", "kelvins", "kelvin",
         "fahrenheit", "rankine", "inches", "yards", "miles", "bits", "kilobits", "bytes",
         "megabytes", "mebibytes", "mibibytes", "calories", "kilojoules", "pounds", "ounces",
         "grams", "kilograms", "volts", "kilovolts", "amperes", "milliamperes", "celsius"]
ABBREVIATIONS = ["s", "ms", "us", "ns", "sec", "b", "kb", "mb", "gb", "tb", "pb", "m", "h", "d",
                 "min", "secs", "MB", "kB"]
for word in UNITS + ABBREVIATIONS:
    PAGES[f"a_{word}"] = f"# HELP a_{word} b\n# TYPE a_{word} gauge\na_{word} 1\n"
    PAGES[f"a_{word}_b"] = f"# HELP a_{word}_b b\n# TYPE a_{word}_b gauge\na_{word}_b 1\n"


def findings(pitot, page, *options, status=None):
    """{(metric, text)} that is found on a page."""
    result = pitot("lint", "--json", *options, stdin=page)
    found = json.loads(result.out)["pages"][0]["findings"]
    assert result.status == (3 if found else 0), result
    return [(finding["metric"], finding["text"]) for finding in found]


def gauge(name="a", *label_sets, kind="gauge", help="h"):
    lines = [f"# HELP {name} {help}", f"# TYPE {name} {kind}"]
    lines += [f"{name}{{{labels}}} 1" if labels else f"{name} 1" for labels in label_sets or [""]]
    return "\n".join(lines) + "\n"


# ---- promlint ----

@pytest.mark.parametrize("name", PAGES)
def test_promlint_says_what_promtool_says(pitot, name):
    page = PAGES[name]
    if not PROMTOOL.exists():
        pytest.fail(f"{PROMTOOL} is not there: scripts/bootstrap servers")
    promtool = subprocess.run([PROMTOOL, "check", "metrics"], input=page, capture_output=True,
                              text=True, timeout=60, check=False, env=NO_PROXY)
    assert promtool.returncode in (0, 3), promtool
    expected = sorted(set(promtool.stderr.splitlines()))
    found = findings(pitot, page, "--only", "promlint")
    assert sorted(f"{metric} {text}" for metric, text in found) == expected
    result = pitot("lint", "--only", "promlint", stdin=page)
    assert result.status == promtool.returncode
    assert [line.rsplit(" [promlint/", 1)[0] for line in result.lines] == expected


def test_a_real_page_is_clean(pitot, indexer):
    result = pitot("lint", f"127.0.0.1:{indexer.port}")
    assert (result.status, result.out) == (0, ""), result


def test_a_page_that_is_not_valid_is_not_linted(pitot):
    result = pitot("lint", "page", files={"page": "a 1\nb x\n"})
    assert result.status == 1
    assert result.err.startswith("page:2:")


# ---- Advice ----

def test_too_many_series_are_named(pitot):
    page = gauge("a", *[f'b="{i}"' for i in range(11)])
    found = findings(pitot, page, "--only", "series", "--max-series", "10")
    assert found == [("a", "11 series, more than 10")]
    assert findings(pitot, page, "--only", "series", "--max-series", "11") == []


def test_the_default_allows_a_thousand_series(pitot):
    assert findings(pitot, gauge("a", *[f'b="{i}"' for i in range(1000)]), "--only", "series") == []
    assert findings(pitot, gauge("a", *[f'b="{i}"' for i in range(1001)]), "--only", "series") == [
        ("a", "1001 series, more than 1000")]


def test_a_label_with_too_many_values_is_named(pitot):
    page = gauge("a", *[f'b="{i}",c="{i % 3}"' for i in range(101)])
    assert findings(pitot, page, "--only", "label-values") == [
        ("a", 'label "b" has 101 values, more than 100')]
    assert findings(pitot, page, "--only", "label-values", "--max-values", "2") == [
        ("a", 'label "b" has 101 values, more than 2'), ("a", 'label "c" has 3 values, more than 2')]


@pytest.mark.parametrize("values,kind", [
    (["123e4567-e89b-12d3-a456-426614174000"], "a UUID"),
    (["someone@example.org"], "an e-mail address"),
    (["1700000000"], "a time"),
    (["1700000000123"], "a time"),
    (["2026-08-21T10:00:00Z"], "a time"),
    (["2026-08-21 10:00:00"], "a time"),
    (["/users/4711/orders"], "a path with an id in it"),
    (["/v1/123e4567-e89b-12d3-a456-426614174000"], "a path with an id in it"),
    (["1000001", "1000002"], "a long number"),
    (["da39a3ee5e6b4b0d", "0123456789abcdef"], "a hash"),
])
def test_a_value_of_which_there_is_no_end_is_named(pitot, values, kind):
    page = gauge("a", *[f'b="{value}"' for value in values])
    found = findings(pitot, page, "--only", "unbounded-label")
    assert len(found) == 1
    assert f", which looks like {kind}: every new one is a new series" in found[0][1]


@pytest.mark.parametrize("values", [
    ["200", "404"], ["GET", "POST"], ["/dev/sda", "/dev/sdb1"], ["eth0"], ["1.2.3"], ["9464"],
    ["deadbeefdeadbeef"], ["1000001"], ["da39a3ee5e6b4b0d"], ["a@b"], ["localhost:9464"], ["/"],
    ["2026-08-21"], ["abcdefabcdefabcd", "fedcbafedcbafedc"],
])
def test_an_honest_value_is_not_suspected(pitot, values):
    page = gauge("a", *[f'b="{value}"' for value in values])
    assert findings(pitot, page, "--only", "unbounded-label") == []


def test_a_name_of_which_there_is_no_end_is_named(pitot):
    for label in "user_id", "email", "request_id", "order_uuid", "timestamp":
        assert len(findings(pitot, gauge("a", f'{label}="x"'), "--only", "unbounded-label")) == 1
    assert findings(pitot, gauge("a", 'pool_id="x"'), "--only", "unbounded-label") == []


def test_an_info_may_carry_what_is_unique(pitot):
    page = gauge("a_info", 'commit="123e4567-e89b-12d3-a456-426614174000"')
    assert findings(pitot, page) == []


@pytest.mark.parametrize("page,expected", [
    (gauge("a", 'b=""'), ("a", 'label "b" has an empty value, which is the same as no label')),
    (gauge("a", 'b="1"', 'c="1"', 'b="2",c="2"'),
     ("a", 'label "b" is on 2 of 3 series: all should have the same labels')),
    (gauge("a", '_b="1"'),
     ("a", 'label "_b": OpenMetrics reserves names with a leading underscore')),
    (gauge("_a"), ("_a", "OpenMetrics reserves names with a leading underscore")),
    (gauge("scrape_a"),
     ("scrape_a", 'names with "scrape_" belong to the Prometheus that scrapes')),
    (gauge("a", 'job="1"'), ("a", 'label "job": a Prometheus sets it for each target, and renames '
                                  'this one to "exported_job"')),
    (gauge("a_duration"), ("a_duration", '"duration" in which unit? say "duration_seconds"')),
    (gauge("a_latency_total", kind="counter"),
     ("a_latency_total", '"latency" in which unit? say "latency_seconds"')),
    (gauge("a_timestamp"),
     ("a_timestamp", '"timestamp" in which unit? say "timestamp_seconds", since 1970')),
    (gauge("a_percent"), ("a_percent", 'use "ratio", from 0 to 1, instead of "percent"')),
    (gauge("a_msec"), ("a_msec", 'use base unit "seconds" instead of "msec"')),
    (gauge("a_mib"), ("a_mib", 'use base unit "bytes" instead of "mib"')),
    ("# HELP a_timestamp_seconds h\n# TYPE a_timestamp_seconds gauge\na_timestamp_seconds 1.7e12\n",
     ("a_timestamp_seconds",
      "1700000000000 looks like milliseconds since 1970, not seconds")),
    ("# HELP a_seconds h\n# TYPE a_seconds histogram\na_seconds_bucket{le=\"5\"} 1\n"
     "a_seconds_bucket{le=\"10000\"} 1\na_seconds_bucket{le=\"+Inf\"} 1\na_seconds_sum 1\n"
     "a_seconds_count 1\n",
     ("a_seconds", "buckets from 5 to 10000 look like milliseconds, not seconds")),
])
def test_advice(pitot, page, expected):
    assert expected in findings(pitot, page, "--only", "advice")


def test_a_unit_that_is_not_in_the_name_is_named(pitot):
    # Only JSON and protobuf can have such a unit.
    made = json.loads(pitot("convert", "--to", "json", stdin=gauge("a_seconds")).out)
    for metric in made["metrics"] if "metrics" in made else made["families"]:
        metric["unit"] = "bytes"
    page = json.dumps(made)
    result = pitot("lint", "--format", "json", "--only", "unit-suffix", stdin=page)
    assert result.lines == [
        'a_seconds its unit is "bytes", and the name should end in it [advice/unit-suffix]']


def test_a_label_that_is_on_every_series_is_named_once(pitot):
    page = "".join(gauge(f"a{i}", 'host="x",b="1"', 'host="x",b="2"') for i in range(3))
    assert findings(pitot, page, "--only", "constant-label") == [
        ("", 'label host="x" is on every series: it describes the target, which is for the '
             "Prometheus that scrapes it or for a target_info")]
    assert findings(pitot, page + gauge("b"), "--only", "constant-label") == []


# ---- Which rules ----

def test_advice_can_be_switched_off(pitot):
    page = gauge("a_duration", 'job="1"')
    assert {line.rsplit("[")[-1] for line in pitot("lint", stdin=page).lines} == {
        "advice/unit-missing]", "advice/scrape-label]"}
    assert pitot("lint", "--only", "promlint", stdin=page).status == 0
    assert pitot("lint", "--without", "advice", stdin=page).status == 0
    assert pitot("lint", "--without", "advice/unit-missing,scrape-label", stdin=page).status == 0


@pytest.mark.parametrize("label,rule", [("region", "target-label"), ("type", "vague-label")])
def test_some_labels_are_named_when_asked_for(pitot, label, rule):
    page = gauge("a", f'{label}="x"')
    assert findings(pitot, page) == []
    assert findings(pitot, page, "--only", "advice") == []
    for option in "--with", "--only":
        assert len(findings(pitot, page, option, rule)) == 1


@pytest.mark.parametrize("option,fits,message", [
    ("sample-limit", 9, "9 samples on the page"),
    ("label-limit", 3, "3 labels on a sample, its name included"),
    ("label-name-length-limit", 8, "8 bytes in the name of a label"),
    ("label-value-length-limit", 12, "12 bytes in the value of a label or in the name"),
    ("body-size-limit", 274, "274 bytes of a page, unpacked"),
])
def test_what_a_prometheus_would_refuse_is_named(pitot, option, fits, message):
    page = gauge("a", 'b="123456789012",c="2"', 'b="1",c="1"') + (
        "# HELP h_seconds b\n# TYPE h_seconds histogram\nh_seconds_bucket{le=\"1\"} 1\n"
        "h_seconds_bucket{le=\"+Inf\"} 1\nh_seconds_sum 1\nh_seconds_count 1\n"
        "# HELP s s\n# TYPE s summary\ns{quantile=\"0.5\"} 1\ns_sum 1\ns_count 1\n")
    assert len(page) == 274
    assert findings(pitot, page, "--only", "limits") == []
    assert findings(pitot, page, "--only", "limits", f"--{option}", fits) == []
    found = findings(pitot, page, "--only", "limits", f"--{option}", fits - 1)
    assert {text for _, text in found} == {f"{message}, more than {fits - 1}"}


def test_several_pages_are_told_apart(pitot):
    files = {"a.prom": PAGES["no help"], "b.prom": PAGES["good"], "c.prom": PAGES["no help"]}
    result = pitot("lint", *files, files=files)
    assert result.status == 3
    assert result.lines == ["a.prom: a_total no help text [promlint/help]",
                            "c.prom: a_total no help text [promlint/help]"]


def test_a_series_of_very_many_labels_takes_no_longer_than_it_is_long(pitot):
    labels = ",".join(f'"l.{number}"="v"' for number in range(100000))
    page = f'{{"a.b",{labels}}} 1\n' * 2
    assert pitot("lint", "--lenient", stdin=page, patience=20).status == 3
    assert pitot("convert", "--lenient", "--to", "text", stdin=page, patience=20).status == 0


def test_a_counter_of_timestamps_has_no_unit(pitot):
    page = "# HELP duplicate_timestamp_total T.\n# TYPE duplicate_timestamp_total counter\n"
    assert pitot("lint", stdin=page + "duplicate_timestamp_total 1\n").status == 0
