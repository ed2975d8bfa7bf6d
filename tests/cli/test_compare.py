# SPDX-License-Identifier: MIT
"""pitot check with several pages: the rules between two expositions of one process."""
import json

import pytest


def compare(pitot, before, after, *options, suffix=".prom"):
    files = {"a" + suffix: before, "b" + suffix: after}
    result = pitot("check", *options, *files, files=files)
    lines = [line.removeprefix(f"b{suffix}: ") for line in result.lines if ": valid (" not in line]
    return result.status, lines


def counter(value, name="req_total", labels=""):
    return f"# HELP {name} r\n# TYPE {name} counter\n{name}{labels} {value}\n"


def histogram(buckets, total=1, name="h"):
    lines = [f"# HELP {name} h", f"# TYPE {name} histogram"]
    lines += [f'{name}_bucket{{le="{le}"}} {count}' for le, count in buckets.items()]
    lines += [f"{name}_sum {total}", f"{name}_count {buckets['+Inf']}"]
    return "\n".join(lines) + "\n"


def summary(count, quantiles=(0.5,)):
    lines = ["# HELP s s", "# TYPE s summary"] + [f's{{quantile="{q}"}} 1' for q in quantiles]
    return "\n".join([*lines, "s_sum 5", f"s_count {count}"]) + "\n"


def openmetrics(*lines):
    return "\n".join([*lines, "# EOF"]) + "\n"


def test_a_page_that_follows_is_fine(pitot):
    assert compare(pitot, counter(1), counter(2)) == (0, [])
    assert compare(pitot, counter(2), counter(2)) == (0, [])


def test_a_counter_must_not_go_back(pitot):
    assert compare(pitot, counter(7, labels='{a="b"}'), counter(3, labels='{a="b"}')) == \
        (1, ['req_total{a="b"}: the counter went back from 7 to 3'])


def test_integers_are_compared_exactly(pitot):
    assert compare(pitot, counter(2**64 - 1), counter(2**64 - 2))[0] == 1
    assert compare(pitot, counter(2**53), counter("9007199254740992.0"))[0] == 0
    assert compare(pitot, counter("0.5"), counter(1))[0] == 0
    assert compare(pitot, counter("1.5"), counter(1))[0] == 1


def test_a_gauge_may_go_back(pitot):
    page = "# HELP g g\n# TYPE g gauge\ng {}\n"
    assert compare(pitot, page.format(5), page.format(-5)) == (0, [])


def test_a_counter_may_go_back_when_its_start_time_moved(pitot):
    page = ["# TYPE r counter", "# HELP r r"]
    before = openmetrics(*page, "r_total 7", "r_created 100.5")
    after = openmetrics(*page, "r_total 3", "r_created 200.5")
    same = openmetrics(*page, "r_total 3", "r_created 100.5")
    assert compare(pitot, before, after, suffix=".om") == (0, [])
    assert compare(pitot, before, same, suffix=".om") == \
        (1, ["r_total: the counter went back from 7 to 3"])


def test_a_start_time_must_not_go_back(pitot):
    page = ["# TYPE r counter", "# HELP r r", "r_total 7"]
    before = openmetrics(*page, "r_created 200")
    after = openmetrics(*page, "r_created 100.5")
    assert compare(pitot, before, after, suffix=".om") == \
        (1, ["r_total: its start time went back from 200.000 to 100.500"])


def test_all_may_begin_anew_when_the_process_did(pitot):
    start = "# HELP process_start_time_seconds p\n# TYPE process_start_time_seconds gauge\n" \
            "process_start_time_seconds {}\n"
    status, lines = compare(pitot, counter(7) + start.format(10), counter(1) + start.format(11))
    assert status == 0
    assert lines == ["note: process_start_time_seconds: the process started anew between the two; "
                     "what counts may begin at 0 again"]
    assert compare(pitot, counter(1) + start.format(11), counter(7) + start.format(10))[0] == 1


def test_the_buckets_of_a_histogram_must_not_go_back(pitot):
    before = histogram({"1": 3, "2": 4, "+Inf": 5})
    assert compare(pitot, before, histogram({"1": 3, "2": 4, "+Inf": 6})) == (0, [])
    assert compare(pitot, before, histogram({"1": 2, "2": 5, "+Inf": 6})) == \
        (1, ["h: the bucket up to 1 went back from 3 to 2"])
    status, lines = compare(pitot, before, histogram({"1": 3, "2": 4, "+Inf": 4}))
    assert status == 1
    assert "h: the count went back from 5 to 4" in lines


def test_a_sum_that_goes_back_is_a_warning(pitot):
    assert compare(pitot, histogram({"1": 1, "+Inf": 1}, 9), histogram({"1": 1, "+Inf": 1}, 8)) == \
        (0, ["warning: h: the sum went back from 9 to 8"])
    assert compare(pitot, histogram({"-1": 1, "+Inf": 1}, 9),
                   histogram({"-1": 1, "+Inf": 1}, 8)) == (0, [])


@pytest.mark.parametrize("after,message", [
    ({"1": 1, "4": 1, "+Inf": 1}, "the bucket 2 is gone, of 2 before and 2 now"),
    ({"1": 1, "1.5": 1, "2": 1, "+Inf": 1}, "the bucket 1.5 is new, of 2 before and 3 now"),
    ({"1": 1, "+Inf": 1}, "the bucket 2 is gone, of 2 before and 1 now"),
])
def test_buckets_must_not_change(pitot, after, message):
    assert compare(pitot, histogram({"1": 1, "2": 1, "+Inf": 1}), histogram(after)) == \
        (1, [f"h: {message}"])


def test_a_summary_must_not_go_back_or_change_its_quantiles(pitot):
    assert compare(pitot, summary(5), summary(6)) == (0, [])
    assert compare(pitot, summary(5), summary(4)) == (1, ["s: the count went back from 5 to 4"])
    assert compare(pitot, summary(5), summary(5, (0.9,))) == \
        (1, ["s: the quantile 0.5 is gone, of 1 before and 1 now"])


def test_type_and_unit_must_not_change(pitot):
    gauge = "# HELP a b\n# TYPE a gauge\na 1\n"
    assert compare(pitot, gauge, gauge.replace("gauge", "untyped")) == \
        (1, ["a: the type changed from gauge to unknown"])
    before = openmetrics("# TYPE x_s gauge", "# UNIT x_s s", "# HELP x_s x", "x_s 1")
    after = openmetrics("# TYPE x_s gauge", "# HELP x_s x", "x_s 1")
    assert compare(pitot, before, after, suffix=".om") == \
        (1, ['x_s: the unit changed from "s" to ""'])


def test_a_help_that_changes_is_a_warning(pitot):
    assert compare(pitot, counter(1), counter(1).replace("HELP req_total r", "HELP req_total q")) == \
        (0, ['warning: req_total: the help changed from "r" to "q"'])


def test_what_came_and_went_is_a_note(pitot):
    before = counter(1, "a_total", '{x="1"}') + counter(1, "b_total")
    after = counter(1, "a_total", '{x="2"}') + counter(1, "c_total")
    assert compare(pitot, before, after) == (0, [
        'note: a_total{x="1"}: the series vanished',
        'note: a_total{x="2"}: the series appeared',
        "note: b_total: the metric vanished",
        "note: c_total: the metric appeared",
    ])
    assert compare(pitot, before, after, "--quiet") == (0, [])


def test_of_many_series_that_came_three_are_named(pitot):
    head = "# HELP a b\n# TYPE a gauge\na{x=\"k\"} 1\n"
    many = head + "".join(f'a{{x="{i}"}} 1\n' for i in range(10))
    status, lines = compare(pitot, head, many)
    assert status == 0
    assert len(lines) == 4
    assert lines[-1] == "note: a: 7 more series appeared"


def test_series_are_the_same_in_any_order_of_labels(pitot):
    assert compare(pitot, counter(5, labels='{a="1",b="2"}'), counter(4, labels='{b="2",a="1"}')) == \
        (1, ['warning: req_total{b="2",a="1"}: its labels are in another order',
             'req_total{b="2",a="1"}: the counter went back from 5 to 4'])


def test_an_empty_label_is_no_label(pitot):
    assert compare(pitot, counter(5, labels='{a="1",b=""}'), counter(4, labels='{a="1"}')) == \
        (1, ['req_total{a="1"}: the counter went back from 5 to 4'])


def test_no_value_is_taken_for_the_border_of_two(pitot):
    before = counter(5, labels='{a="1,b=2"}')
    after = counter(4, labels='{a="1",b="2"}')
    assert "went back" not in str(compare(pitot, before, after))


def test_label_names_should_not_change(pitot):
    status, lines = compare(pitot, counter(5, labels='{a="1"}'), counter(5, labels='{b="1"}'))
    assert status == 0
    assert 'warning: req_total: no series has the label "a" any more' in lines
    assert 'warning: req_total: the label "b" is new' in lines


def native(count, positive, zero=1, threshold="0.001"):
    return openmetrics(
        "# TYPE n histogram", "# HELP n n",
        f"n {{count:{count},sum:9,schema:2,zero_threshold:{threshold},zero_count:{zero},"
        f"positive_spans:[0:{len(positive)}],positive_buckets:[{','.join(map(str, positive))}]}}")


def test_a_native_histogram_must_not_go_back(pitot):
    before = native(6, [2, 3])
    assert compare(pitot, before, native(7, [2, 4]), suffix=".om") == (0, [])
    assert compare(pitot, before, native(5, [2, 2]), suffix=".om") == \
        (1, ["n: the count went back from 6 to 5"])


def test_native_buckets_may_widen(pitot):
    before = native(6, [2, 3])
    assert compare(pitot, before, before.replace("schema:2", "schema:1"), suffix=".om") == (0, [])


def test_a_timestamp_must_not_go_back(pitot):
    assert compare(pitot, counter("1 2000"), counter("1 1000")) == \
        (1, ["req_total: its timestamp went back from 2.000 to 1.000"])


def test_each_page_is_compared_with_the_one_before(pitot):
    files = {"1.prom": counter(1), "2.prom": counter(9), "3.prom": counter(3)}
    result = pitot("check", "--quiet", *files, files=files)
    assert result.status == 1
    assert result.lines == ["3.prom: req_total: the counter went back from 9 to 3"]


def test_pages_that_are_apart_are_not_compared(pitot):
    files = {"1.prom": counter(9), "2.prom": counter(1)}
    assert pitot("check", "--apart", *files, files=files).status == 0


def test_an_invalid_page_between_two_is_not_compared(pitot):
    files = {"1.prom": counter(1), "2.prom": "}\n", "3.prom": counter(0)}
    result = pitot("check", *files, files=files)
    assert result.status == 1
    assert "went back" not in result.out


def test_json_has_the_changes(pitot):
    files = {"1.prom": counter(9), "2.prom": counter(1)}
    report = json.loads(pitot("check", "--json", *files, files=files).out)
    assert report["ok"] is False
    assert "changes" not in report["pages"][0]
    assert report["pages"][1]["before"] == "1.prom"
    assert report["pages"][1]["changes"] == [{
        "severity": "error", "rule": "counter-back", "metric": "req_total", "labels": "",
        "text": "the counter went back from 9 to 1"}]


def test_pages_of_different_formats_are_compared_as_far_as_both_can_say(pitot):
    text = "# HELP x_info x\n# TYPE x_info gauge\nx_info{a=\"b\"} 1\n" \
           "# HELP y_seconds y\n# TYPE y_seconds gauge\ny_seconds 1\n"
    om = openmetrics("# TYPE x info", "# HELP x x", 'x_info{a="b"} 1', "# TYPE y_seconds gauge",
                     "# UNIT y_seconds seconds", "# HELP y_seconds y", "y_seconds 1")
    result = pitot("check", "--quiet", "a.prom", "b.om", files={"a.prom": text, "b.om": om})
    assert (result.status, result.out) == (0, "")
