/* SPDX-License-Identifier: MIT */
/* sink_test.c -- what a sink says when a collector brings too much. */
#include "snapshot/sink.h"

#include "tests/api/test.h"

struct fixture {
    struct pt_drops drops;
    struct pitot_sink sink;
};

static struct fixture *new_fixture(size_t samples_max)
{
    struct fixture *fixture = calloc(1, sizeof(*fixture));

    assert_non_null(fixture);
    assert_true(pt_sink_start(&fixture->sink, &fixture->drops, samples_max));
    return fixture;
}

static void assert_refused(struct fixture *fixture, const char *message)
{
    assert_null(pt_sink_finish(&fixture->sink));
    assert_error(&fixture->sink.err, PITOT_ELIMIT, message);
    free(fixture);
}

static void open_family(struct pitot_sink *sink, pitot_type type, const char *name)
{
    static const char *const states[] = {"a", "b", NULL};

    pitot_sink_family(sink, type,
        &(pitot_desc){.name = name,
            .help = "H.",
            .bounds = type == PITOT_HISTOGRAM ? PITOT_BOUNDS(1, 2) : NULL,
            .states = type == PITOT_STATESET ? states : NULL});
}

static void samples_up_to_the_limit_are_taken(void **state)
{
    struct fixture *fixture = new_fixture(3);
    (void)state;

    open_family(&fixture->sink, PITOT_GAUGE, "a");
    pitot_sink_sample(&fixture->sink, 1);
    open_family(&fixture->sink, PITOT_STATESET, "b");
    pitot_sink_stateset(&fixture->sink, 1, NULL, 0);

    struct pt_part *part = pt_sink_finish(&fixture->sink);
    assert_non_null(part);
    assert_int_equal(part->count, 2);
    pt_part_unref(part);
    free(fixture);
}

static void one_sample_more_is_one_too_many_even_in_another_family(void **state)
{
    struct fixture *fixture = new_fixture(1);
    (void)state;

    open_family(&fixture->sink, PITOT_GAUGE, "a");
    pitot_sink_sample(&fixture->sink, 1);
    open_family(&fixture->sink, PITOT_GAUGE, "b");
    pitot_sink_sample(&fixture->sink, 1);

    assert_refused(
        fixture, "metric \"b\": the collector brings more than 1 samples; raise its .samples_max");
}

static void each_number_of_a_histogram_is_a_sample(void **state)
{
    struct fixture *fixture = new_fixture(3);
    (void)state;

    open_family(&fixture->sink, PITOT_HISTOGRAM, "h");
    pitot_sink_histogram(&fixture->sink, (const uint64_t[]){1, 2, 3}, 3, 1, NULL, 0);

    assert_refused(
        fixture, "metric \"h\": the collector brings more than 3 samples; raise its .samples_max");
}

static void text_is_bounded_by_the_number_of_samples(void **state)
{
    static const char *const message =
        "metric \"a\": the collector's text takes more than 256 bytes for each of 10000 samples; "
        "raise its .samples_max";
    struct fixture *fixture = new_fixture(10000);
    char value[1000];
    (void)state;
    memset(value, 'x', sizeof(value));
    value[sizeof(value) - 1] = '\0';

    pitot_sink_family(&fixture->sink, PITOT_GAUGE,
        &(pitot_desc){.name = "a", .help = "H.", .labels = PITOT_LABELS("i", "text")});
    for (int i = 0; i < 10000; i++) {
        char number[16];

        snprintf(number, sizeof(number), "%d", i);
        pitot_sink_sample(&fixture->sink, i, number, value);
    }

    assert_true(fixture->sink.part->pool.bytes < 4000000);
    assert_refused(fixture, message);
}

static void families_without_samples_are_bounded_too(void **state)
{
    struct fixture *fixture = new_fixture(1);
    char help[1000], name[16] = "";
    (void)state;
    memset(help, 'x', sizeof(help));
    help[sizeof(help) - 1] = '\0';

    for (int i = 0; i < 10000 && fixture->sink.err.code == PITOT_OK; i++) {
        snprintf(name, sizeof(name), "a%d", i);
        pitot_sink_family(&fixture->sink, PITOT_GAUGE, &(pitot_desc){.name = name, .help = help});
    }

    assert_true(fixture->sink.part->pool.bytes < 1200000);
    assert_null(pt_sink_finish(&fixture->sink));
    assert_int_equal(fixture->sink.err.code, PITOT_ELIMIT);
    free(fixture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(samples_up_to_the_limit_are_taken),
        cmocka_unit_test(one_sample_more_is_one_too_many_even_in_another_family),
        cmocka_unit_test(each_number_of_a_histogram_is_a_sample),
        cmocka_unit_test(text_is_bounded_by_the_number_of_samples),
        cmocka_unit_test(families_without_samples_are_bounded_too),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
