/* SPDX-License-Identifier: MIT */
/* pieces_test.c -- pieces of a page, made in any order, are the page; and what their ids promise.
 */
#include "base/buf.h"
#include "tests/encoded.h"
#include "tests/random.h"

#include <stdlib.h>

#define SEEDS 300
#define PAGE_MAX ((size_t)1 << 28)
#define BLOCK 512

static struct pt_buf page_of(
    const pitot_snapshot *snap, pitot_format format, const pitot_encode_opts *opts)
{
    struct pt_buf page = pt_buf_new(PAGE_MAX);
    pitot_error err = {0};

    assert_true(pitot_encode_with(snap, format, opts, pt_buf_write, &page, &err));
    return page;
}

static struct pt_buf piece_of(const pitot_page *page, size_t piece)
{
    struct pt_buf bytes = pt_buf_new(PAGE_MAX);
    pitot_error err = {0};

    assert_true(pitot_page_write(page, piece, pt_buf_write, &bytes, &err));
    return bytes;
}

static pitot_page *pieces_of(
    const pitot_snapshot *snap, pitot_format format, const pitot_encode_opts *opts)
{
    pitot_error err = {0};
    pitot_page *page = pitot_page_new(snap, format, opts, &err);

    assert_non_null(page);
    return page;
}

static bool same_bytes(const struct pt_buf *a, const struct pt_buf *b)
{
    return a->size == b->size && (a->size == 0 || memcmp(a->at, b->at, a->size) == 0);
}

/* Makes the pieces from the last to the first, each twice, and lays them side by side. */
static void assert_pieces_are_the_page(
    const pitot_snapshot *snap, pitot_format format, const pitot_encode_opts *opts)
{
    struct pt_buf whole = page_of(snap, format, opts);
    pitot_page *page = pieces_of(snap, format, opts);
    size_t end = whole.size;

    for (size_t i = pitot_page_piece_count(page); i-- > 0;) {
        struct pt_buf piece = piece_of(page, i), again = piece_of(page, i);

        assert_true(same_bytes(&piece, &again));
        assert_true(piece.size <= end);
        end -= piece.size;
        if (piece.size)
            assert_memory_equal(whole.at + end, piece.at, piece.size);
        pt_buf_free(&piece);
        pt_buf_free(&again);
    }
    assert_int_equal(end, 0);
    pitot_page_free(page);
    pt_buf_free(&whole);
}

/* ---- Snapshots ---- */

/* Families in blocks of text, as a registry gives them. */
struct blocks {
    struct pt_family_values *values;
    const struct pt_family_values **families;
    char *text;
    uint32_t *ends;
    uint64_t *words;
    int64_t *starts;
    pitot_snapshot snap;
};

static const double bounds[] = {-0.5, 0.25, 1, 2.5e-7, 1e21};

/* Some bytes of other text between the blocks and after them. */
static size_t put_labels(char *text, size_t at, size_t series, size_t label_size)
{
    int size = series == 0 ? 0
                           : sprintf(text + at + 5, "a=\"%zu\",b=\"%0*zu\"", series,
                                 (int)(series * 7 % label_size), series * 31);

    memcpy(text + at, "\"\\x,{", 5);
    return at + 5 + (size_t)size;
}

static struct blocks make_blocks(
    pitot_type type, const char *name, size_t count, size_t per_block, size_t label_size)
{
    size_t n = (count + per_block - 1) / per_block, at = 0;
    size_t bound_count = type <= PITOT_GAUGE ? 0 : 5;
    size_t width = pt_words_per_series(type, bound_count);
    struct blocks made = {
        .values = calloc(n, sizeof(*made.values)),
        .families = calloc(n, sizeof(struct pt_family_values *)),
        .text = malloc(count * (label_size + 60) + PT_TEXT_SLACK),
        .ends = malloc(count * sizeof(uint32_t)),
        .words = malloc(count * width * sizeof(uint64_t)),
        .starts = malloc(count * sizeof(int64_t)),
    };

    assert_non_null(made.words);
    for (size_t i = 0; i < count; i++) {
        struct pt_family_values *values = &made.values[i / per_block];

        if (i % per_block == 0) {
            *values = (struct pt_family_values){.type = type,
                .name = {name, strlen(name)},
                .help = STR("Text."),
                .bound_count = bound_count,
                .bounds = bounds,
                .text = made.text + at,
                .ends = made.ends + i,
                .gap = 5,
                .version = i / per_block + 1,
                .words_per_series = width,
                .words = made.words + i * width,
                .starts = i / per_block % 2 ? made.starts + i : NULL};
            made.families[i / per_block] = values;
        }
        at = put_labels(made.text, at, i, label_size);
        made.ends[i] = (uint32_t)(made.text + at - values->text);
        made.starts[i] =
            i % 5 ? 1700000000 * INT64_C(1000000000) + (int64_t)(i % 3 * i) : -(int64_t)i;
        for (size_t j = 0; j < width; j++)
            made.words[i * width + j] = (uint64_t)(i + 1) * (j + 1) << (i * 7 + j) % 40;
        if (width > 1)
            made.words[i * width + width - 1] = bits((double)i * 0.1);
        values->series_count++;
    }
    made.snap =
        (pitot_snapshot){.families = made.families, .family_count = n, .continued = n ? n - 1 : 0};
    return made;
}

static void free_blocks(struct blocks *made)
{
    free(made->values);
    free((void *)made->families);
    free(made->text);
    free(made->ends);
    free(made->words);
    free(made->starts);
}

/* The same with a column of labels in the place of the text, each in memory of its own. */
static pitot_str *columns_of(struct blocks *made, size_t count)
{
    pitot_str *labels = malloc(count * sizeof(*labels));
    size_t i = 0;

    assert_non_null(labels);
    for (size_t block = 0; block < made->snap.family_count; block++) {
        struct pt_family_values *values = &made->values[block];

        for (size_t j = 0; j < values->series_count; j++, i++) {
            pitot_str from = pt_labels_of(values, j);
            char *own = malloc(from.size + 1);

            assert_non_null(own);
            memcpy(own, from.at, from.size);
            labels[i] = (pitot_str){realloc(own, from.size ? from.size : 1), from.size};
        }
        values->labels = labels + i - values->series_count;
        values->text = NULL;
    }
    return labels;
}

/* ---- Tests ---- */

static void pieces_of_any_snapshot_are_its_page(void **state)
{
    (void)state;

    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        pitot_error err = {0};
        pitot_snapshot *snap = random_snapshot(seed, RANDOM_ALL, &err);
        const pitot_encode_opts opts = {
            .escaping = (pitot_escaping)(seed % 4), .created = seed / 4 % 2};

        assert_non_null(snap);
        for (int format = 0; format < PITOT_FORMAT_COUNT; format++)
            assert_pieces_are_the_page(snap, (pitot_format)format, &opts);
        pitot_snapshot_free(snap);
    }
}

static void pieces_of_large_families_are_their_page(void **state)
{
    static const pitot_type types[] = {
        PITOT_COUNTER, PITOT_GAUGE, PITOT_HISTOGRAM, PITOT_GAUGE_HISTOGRAM, PITOT_SUMMARY};
    static const size_t label_sizes[] = {1, 40, 300};
    (void)state;

    for (size_t type = 0; type < 5; type++)
        for (size_t size = 0; size < 3; size++) {
            struct blocks made =
                make_blocks(types[type], "some_total", 1300, BLOCK, label_sizes[size]);

            for (int format = 0; format < PITOT_FORMAT_COUNT; format++)
                assert_pieces_are_the_page(
                    &made.snap, (pitot_format)format, &(pitot_encode_opts){.created = size % 2});
            free_blocks(&made);
        }
}

static void a_page_is_the_same_from_one_text_and_from_a_column_of_labels(void **state)
{
    const pitot_encode_opts opts = {.created = true};
    (void)state;

    for (int type = PITOT_COUNTER; type <= PITOT_SUMMARY; type++) {
        struct blocks made = make_blocks((pitot_type)type, "x_total", 700, BLOCK, 90);
        struct pt_buf pages[PITOT_FORMAT_COUNT];

        for (int format = 0; format < PITOT_FORMAT_COUNT; format++)
            pages[format] = page_of(&made.snap, (pitot_format)format, &opts);
        pitot_str *labels = columns_of(&made, 700);
        for (int format = 0; format < PITOT_FORMAT_COUNT; format++) {
            struct pt_buf page = page_of(&made.snap, (pitot_format)format, &opts);

            assert_true(same_bytes(&page, &pages[format]));
            pt_buf_free(&page);
            pt_buf_free(&pages[format]);
        }
        for (size_t i = 0; i < 700; i++)
            free((void *)(uintptr_t)labels[i].at);
        free(labels);
        free_blocks(&made);
    }
}

/* Values that might have native buckets, but have none, are written the long way. */
static void plain_protobuf_metrics_are_written_as_all_others_are(void **state)
{
    static const pitot_type types[] = {
        PITOT_UNKNOWN, PITOT_COUNTER, PITOT_GAUGE, PITOT_HISTOGRAM, PITOT_GAUGE_HISTOGRAM};
    static pitot_native none[BLOCK];
    (void)state;

    for (size_t i = 0; i < BLOCK; i++)
        none[i].schema = PITOT_SCHEMA_NONE;
    for (size_t i = 0; i < 5 * 3; i++) {
        struct blocks made = make_blocks(types[i % 5], "x", 1100, BLOCK, 10 + i / 5 * 120);
        struct pt_buf plain = page_of(&made.snap, PITOT_FORMAT_PROTOBUF, NULL);

        for (size_t block = 0; block < made.snap.family_count; block++)
            made.values[block].natives = none;
        struct pt_buf page = page_of(&made.snap, PITOT_FORMAT_PROTOBUF, NULL);
        assert_true(same_bytes(&page, &plain));
        pt_buf_free(&page);
        pt_buf_free(&plain);
        free_blocks(&made);
    }
}

/* How many pieces of both pages have an id in common; the bytes of those are the same. */
static size_t same_pieces(const pitot_page *a, const pitot_page *b)
{
    size_t same = 0;

    for (size_t i = 0; i < pitot_page_piece_count(a); i++)
        for (size_t j = 0; j < pitot_page_piece_count(b); j++) {
            uint64_t id = pitot_page_piece_id(a, i);

            if (id == 0 || id != pitot_page_piece_id(b, j))
                continue;
            struct pt_buf x = piece_of(a, i), y = piece_of(b, j);
            assert_true(same_bytes(&x, &y));
            pt_buf_free(&x);
            pt_buf_free(&y);
            same++;
        }
    return same;
}

/* Of four blocks, the first goes, the second changes, and two stay. */
static void equal_ids_mean_equal_bytes_whatever_stands_around(void **state)
{
    static const pitot_type types[] = {PITOT_COUNTER, PITOT_HISTOGRAM};
    (void)state;

    for (int i = 0; i < 2 * PITOT_FORMAT_COUNT; i++) {
        pitot_format format = (pitot_format)(i / 2);
        struct blocks made = make_blocks(types[i % 2], "x_total", 2000, BLOCK, 60);
        struct pt_family_values second = made.values[1];
        const struct pt_family_values *left[] = {&second, &made.values[2], &made.values[3]};
        pitot_snapshot later = {.families = left, .family_count = 3, .continued = 2};

        second.words = made.values[0].words;
        second.version = 77;
        pitot_page *page = pieces_of(&made.snap, format, NULL);
        pitot_page *other = pieces_of(&later, format, NULL);
        size_t same = same_pieces(page, other);
        assert_true(format == PITOT_FORMAT_JSON ? same == 0 : same >= 2);
        pitot_page_free(page);
        pitot_page_free(other);
        free_blocks(&made);
    }
}

static void no_two_pieces_of_a_page_have_one_id(void **state)
{
    struct blocks made = make_blocks(PITOT_HISTOGRAM, "x", 1500, BLOCK, 60);
    pitot_page *page = pieces_of(&made.snap, PITOT_FORMAT_OPENMETRICS, NULL);
    size_t count = pitot_page_piece_count(page);
    (void)state;

    assert_in_range(count, 10, 100);
    for (size_t i = 0; i + 1 < count; i++) {
        assert_true(pitot_page_piece_id(page, i) != 0);
        for (size_t j = 0; j < i; j++)
            assert_true(pitot_page_piece_id(page, i) != pitot_page_piece_id(page, j));
    }
    pitot_page_free(page);
    free_blocks(&made);
}

/* The end would spoil the id of what stands before it. */
static void the_end_of_a_page_is_a_piece_where_the_last_one_has_an_id(void **state)
{
    struct blocks made = make_blocks(PITOT_COUNTER, "x_total", BLOCK, BLOCK, 60);
    pitot_page *page = pieces_of(&made.snap, PITOT_FORMAT_OPENMETRICS, NULL);
    size_t last = pitot_page_piece_count(page) - 1;
    struct pt_buf piece = piece_of(page, last);
    (void)state;

    assert_int_equal(piece.size, 6);
    assert_memory_equal(piece.at, "# EOF\n", 6);
    assert_true(pitot_page_piece_id(page, last) == 0);
    assert_true(pitot_page_piece_id(page, last - 1) != 0);
    pt_buf_free(&piece);
    pitot_page_free(page);

    made.values[0].version = 0;
    page = pieces_of(&made.snap, PITOT_FORMAT_OPENMETRICS, NULL);
    assert_int_equal(pitot_page_piece_count(page), last);
    pitot_page_free(page);
    free_blocks(&made);
}

/* In protobuf a head says how long all is; in OpenMetrics a name depends on who else is there. */
static void what_depends_on_others_has_no_id(void **state)
{
    struct blocks made = make_blocks(PITOT_COUNTER, "x_total", 2 * BLOCK, BLOCK, 60);
    static const struct pt_family_values gauge = {.type = PITOT_GAUGE, .name = STR("x")};
    const struct pt_family_values *families[] = {&gauge, &made.values[0], &made.values[1]};
    pitot_snapshot both = {.families = families, .family_count = 3, .continued = 1};
    pitot_page *page = pieces_of(&made.snap, PITOT_FORMAT_PROTOBUF, NULL);
    (void)state;

    assert_true(pitot_page_piece_id(page, 0) == 0);
    assert_true(pitot_page_piece_id(page, pitot_page_piece_count(page) - 1) != 0);
    pitot_page_free(page);
    page = pieces_of(&both, PITOT_FORMAT_OPENMETRICS, NULL);
    for (size_t i = 0; i < pitot_page_piece_count(page); i++)
        assert_true(pitot_page_piece_id(page, i) == 0);
    pitot_page_free(page);
    page = pieces_of(&both, PITOT_FORMAT_TEXT, NULL);
    assert_true(pitot_page_piece_id(page, 1) != 0);
    pitot_page_free(page);
    free_blocks(&made);
}

static void pieces_are_neither_large_nor_many(void **state)
{
    static const size_t label_sizes[] = {1, 60, 300};
    (void)state;

    for (int i = 0; i < 6; i++) {
        struct blocks made = make_blocks(
            i % 2 ? PITOT_HISTOGRAM : PITOT_COUNTER, "x_total", 5000, BLOCK, label_sizes[i / 2]);
        pitot_page *page = pieces_of(&made.snap, PITOT_FORMAT_TEXT, NULL);
        struct pt_buf whole = page_of(&made.snap, PITOT_FORMAT_TEXT, NULL);

        for (size_t j = 0; j < pitot_page_piece_count(page); j++) {
            struct pt_buf piece = piece_of(page, j);

            assert_in_range(piece.size, 1, 64 * 1024);
            pt_buf_free(&piece);
        }
        assert_in_range(pitot_page_piece_count(page), whole.size / 65536,
            whole.size / 16384 + 5000 / BLOCK + 2);
        pt_buf_free(&whole);
        pitot_page_free(page);
        free_blocks(&made);
    }
}

static void small_families_are_gathered(void **state)
{
    static char names[1000][16];
    static struct pt_family_values values[1000];
    static const struct pt_family_values *families[1000];
    static const pitot_str none;
    const uint64_t word = 1;
    pitot_snapshot snap = {.families = families, .family_count = 1000};
    (void)state;

    for (size_t i = 0; i < 1000; i++) {
        int size = snprintf(names[i], sizeof(names[i]), "family_%zu", i + 1000);

        values[i] = (struct pt_family_values){.type = PITOT_GAUGE,
            .name = {names[i], (size_t)size},
            .series_count = 1,
            .labels = &none,
            .version = i + 1,
            .words_per_series = 1,
            .words = &word};
        families[i] = &values[i];
    }
    pitot_page *page = pieces_of(&snap, PITOT_FORMAT_TEXT, NULL);

    assert_in_range(pitot_page_piece_count(page), 1, 5);
    assert_true(pitot_page_piece_id(page, 0) == 0);
    assert_pieces_are_the_page(&snap, PITOT_FORMAT_TEXT, NULL);
    pitot_page_free(page);
}

/* One label may be larger than a piece; what is written is more than one chunk then. */
static void a_series_larger_than_a_piece_is_a_piece(void **state)
{
    char *labels = malloc(200000);
    const uint64_t words[] = {1, 2};
    (void)state;

    assert_non_null(labels);
    memset(labels, 'v', 200000);
    memcpy(labels, "a=\"", 3);
    labels[199999] = '"';
    const pitot_str column[] = {{labels, 200000}, {labels, 200000}};
    const struct pt_family_values values = {.type = PITOT_COUNTER,
        .name = STR("x_total"),
        .series_count = 2,
        .labels = column,
        .version = 3,
        .words_per_series = 1,
        .words = words};
    const struct pt_family_values *family = &values;
    pitot_snapshot snap = {.families = &family, .family_count = 1};
    pitot_page *page = pieces_of(&snap, PITOT_FORMAT_TEXT, NULL);

    assert_int_equal(pitot_page_piece_count(page), 2);
    for (int format = 0; format < PITOT_FORMAT_COUNT; format++)
        assert_pieces_are_the_page(&snap, (pitot_format)format, NULL);
    pitot_page_free(page);
    free(labels);
}

static void a_page_counts_what_is_left_out_when_it_is_made(void **state)
{
    const uint64_t words[] = {bits(-1), bits(2)};
    const struct pt_family_values values = {.type = PITOT_COUNTER,
        .name = STR("x_total"),
        .series_count = 2,
        .labels = (const pitot_str[]){STR("a=\"1\""), STR("a=\"2\"")},
        .words_per_series = 1,
        .words = words,
        .kinds = (const uint8_t[]){PT_DOUBLE, PT_DOUBLE}};
    const struct pt_family_values *family = &values;
    pitot_snapshot snap = {.families = &family, .family_count = 1};
    size_t dropped = 99;
    (void)state;

    pitot_page_free(
        pieces_of(&snap, PITOT_FORMAT_OPENMETRICS, &(pitot_encode_opts){.dropped = &dropped}));
    assert_int_equal(dropped, 1);
    pitot_page_free(pieces_of(&snap, PITOT_FORMAT_TEXT, &(pitot_encode_opts){.dropped = &dropped}));
    assert_int_equal(dropped, 0);
}

static bool refuse(void *ctx, const char *bytes, size_t size)
{
    (void)ctx;
    (void)bytes;
    (void)size;
    return false;
}

static void a_piece_that_nobody_takes_is_an_error(void **state)
{
    struct blocks made = make_blocks(PITOT_COUNTER, "x_total", 10, BLOCK, 60);
    pitot_page *page = pieces_of(&made.snap, PITOT_FORMAT_TEXT, NULL);
    pitot_error err = {0};
    (void)state;

    assert_false(pitot_page_write(page, 0, refuse, NULL, &err));
    assert_int_equal(err.code, PITOT_ESYSTEM);
    assert_false(pitot_page_write(page, 1, refuse, NULL, NULL));
    pitot_page_free(page);
    free_blocks(&made);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pieces_of_any_snapshot_are_its_page),
        cmocka_unit_test(pieces_of_large_families_are_their_page),
        cmocka_unit_test(a_page_is_the_same_from_one_text_and_from_a_column_of_labels),
        cmocka_unit_test(plain_protobuf_metrics_are_written_as_all_others_are),
        cmocka_unit_test(equal_ids_mean_equal_bytes_whatever_stands_around),
        cmocka_unit_test(no_two_pieces_of_a_page_have_one_id),
        cmocka_unit_test(the_end_of_a_page_is_a_piece_where_the_last_one_has_an_id),
        cmocka_unit_test(what_depends_on_others_has_no_id),
        cmocka_unit_test(pieces_are_neither_large_nor_many),
        cmocka_unit_test(small_families_are_gathered),
        cmocka_unit_test(a_series_larger_than_a_piece_is_a_piece),
        cmocka_unit_test(a_page_counts_what_is_left_out_when_it_is_made),
        cmocka_unit_test(a_piece_that_nobody_takes_is_an_error),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
