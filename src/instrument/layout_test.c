/* SPDX-License-Identifier: MIT */
/* layout_test.c -- the cell of a value has the place that the value has. */
#include "instrument/layout.h"

#include "instrument/place.h"
#include "instrument/schema.h"
#include "storage/cell.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static struct pt_pool pool;
static struct pt_rows rows;

static int set_up(void **state)
{
    (void)state;
    pt_rows_start(&rows);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    pt_pool_free(&pool);
    pt_rows_free(&rows);
    return 0;
}

static void check(const struct pt_layout *layout, const struct pt_desc *desc, double value)
{
    size_t cell = pitot_bucket_(&layout->guide, pt_double_of(pt_bits_of(value) ^ layout->flip));
    uint64_t place = pt_place_of(desc, layout->schema, value);
    struct pt_place native = pt_place_unpack(place);
    double magnitude = layout->flip ? -value : value;

    if (value == 0)
        assert_int_equal(cell, 0);
    bool inside = magnitude > pt_schema_bound(layout->schema, layout->from - 1) &&
                  magnitude <= pt_schema_bound(layout->schema, layout->to);
    assert_int_equal(inside, cell >= 1 && cell <= layout->last);
    if (!inside && value != 0)
        return;
    if (layout->places[cell] != place)
        fail_msg("%a is in bucket %d and classic bucket %zu, its cell in %d and %zu", value,
            native.index, native.classic, pt_place_unpack(layout->places[cell]).index,
            pt_place_unpack(layout->places[cell]).classic);
}

static void check_around(const struct pt_layout *layout, const struct pt_desc *desc, double value)
{
    check(layout, desc, value);
    check(layout, desc, -value);
    check(layout, desc, nextafter(value, INFINITY));
    check(layout, desc, nextafter(value, -INFINITY));
    check(layout, desc, -nextafter(value, INFINITY));
    check(layout, desc, -nextafter(value, -INFINITY));
}

static void check_all(const struct pt_desc *desc, int32_t schema, bool negative)
{
    int32_t from = -(20 << (schema > 0 ? schema : 0)) / 8, to = from + 300;
    uint64_t x = 1;

    if (to > pt_schema_last(schema))
        to = pt_schema_last(schema);
    if (schema < 0)
        from = -3;
    struct pt_layout *layout = pt_layout_new(&pool, &rows, desc, negative, schema, from, to);
    assert_non_null(layout);
    for (int32_t i = from - 1; i <= to; i++)
        check_around(layout, desc, pt_schema_bound(schema, i));
    for (size_t i = 0; i < desc->native.classic_count; i++)
        check_around(layout, desc, desc->bounds[i]);
    check_around(layout, desc, desc->native.zero_threshold);
    check_around(layout, desc, 0);
    for (int i = 0; i < 5000; i++) {
        x = x * 6364136223846793005u + 1442695040888963407u;
        check_around(layout, desc, ldexp(1 + (double)(x >> 12) * 0x1p-52, (int)(x % 40) - 20));
    }
}

static void every_value_has_the_cell_of_its_buckets(void **state)
{
    static double none[] = {INFINITY};
    static double some[] = {
        -7, -2, -1.5, -1, -0x1p-3, 0, 0x1p-4, 0.3, 1, 1.0001, 2.5, 4, 1e9, INFINITY};
    static const double thresholds[] = {0, PT_ZERO_THRESHOLD, 0.3, 1, 1.7};
    (void)state;

    for (int32_t schema = PITOT_SCHEMA_MIN; schema <= PITOT_SCHEMA_MAX; schema += 2)
        for (size_t t = 0; t < sizeof(thresholds) / sizeof(thresholds[0]); t++)
            for (int kind = 0; kind < 4; kind++) {
                struct pt_desc desc = {.bounds = kind & 1 ? some : none};

                desc.native.classic_count = kind & 1 ? sizeof(some) / sizeof(some[0]) - 1 : 0;
                desc.native.schema = schema;
                desc.native.zero_threshold = thresholds[t];
                check_all(&desc, schema, kind & 2);
            }
}

static void a_place_is_never_zero_and_reads_back(void **state)
{
    static double bounds[] = {1, INFINITY};
    struct pt_desc desc = {.bounds = bounds, .native = {.classic_count = 1, .schema = 8}};
    static const double values[] = {0, 1, -1, 1e-320, 1e308, -1e308, INFINITY, -INFINITY, NAN};
    (void)state;

    for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
        uint64_t word = pt_place_of(&desc, 8, values[i]);
        struct pt_place place = pt_place_unpack(word);

        assert_true(word != 0);
        assert_true(pt_place_pack(place) == word);
        assert_int_equal(place.classic, !(values[i] <= 1));
        assert_int_equal(place.negative, values[i] < 0);
        if (place.kind == PT_PLACE_BUCKET)
            assert_int_equal(place.index, pt_schema_index(8, fabs(values[i])));
    }
    assert_int_equal(pt_place_unpack(pt_place_of(&desc, 8, NAN)).kind, PT_PLACE_NAN);
    assert_int_equal(pt_place_unpack(pt_place_of(&desc, 8, 0)).kind, PT_PLACE_ZERO);
    /* Infinity has one place, whatever the resolution is by then: room for it is kept. */
    assert_true(pt_place_of(&desc, 2, INFINITY) == pt_place_of(&desc, 8, INFINITY));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_value_has_the_cell_of_its_buckets),
        cmocka_unit_test(a_place_is_never_zero_and_reads_back),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
