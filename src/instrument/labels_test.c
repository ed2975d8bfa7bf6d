/* SPDX-License-Identifier: MIT */
/* labels_test.c -- blocks whose names stand in quotes: written, compared, and searched. */
#include "instrument/labels.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static pitot_str str(const char *text)
{
    return (pitot_str){text, strlen(text)};
}

static void a_name_stands_in_quotes_only_where_it_must(void **state)
{
    static const struct {
        const char *name, *written;
    } rows[] = {
        {"plain_9", "plain_9"},
        {"_x", "_x"},
        {"9a", "\"9a\""},
        {"a:b", "\"a:b\""},
        {"a.b", "\"a.b\""},
        {"a=\"b\"", "\"a=\\\"b\\\"\""},
        {"a\\\n", "\"a\\\\\\n\""},
        {"caf\xc3\xa9", "\"caf\xc3\xa9\""},
    };
    (void)state;

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct pt_buf out = pt_buf_new(100);

        pt_labels_write_name(&out, str(rows[i].name));

        assert_int_equal(out.size, strlen(rows[i].written));
        assert_memory_equal(out.at, rows[i].written, out.size);
        pt_buf_free(&out);
    }
}

static void a_block_is_found_to_have_what_it_has(void **state)
{
    static const char block[] = "a=\"1\",\"b.c\"=\"x,y=\\\"2\\\"\",\"d=\\\"e\"=\"\",z=\"\\\\\"";
    static const struct {
        const char *wanted;
        bool has;
    } rows[] = {
        {"", true},
        {"a=\"1\"", true},
        {"\"b.c\"=\"x,y=\\\"2\\\"\"", true},
        {"z=\"\\\\\",a=\"1\"", true},
        {"\"d=\\\"e\"=\"\"", true},
        {"\"d=\\\"e\"=\"\",\"b.c\"=\"x,y=\\\"2\\\"\",z=\"\\\\\",a=\"1\"", true},
        {"a=\"2\"", false},
        {"y=\"2\"", false},             /* only inside a value */
        {"e=\"\"", false},              /* only inside a name */
        {"c=\"x,y=\\\"2\\\"\"", false}, /* the end of a name */
        {"\"b.c\"=\"x\"", false},
        {"\"a\"=\"1\"", false},
        {"\"d=\\\"f\"=\"\"", false}, /* an equals sign in a name does not end it */
        {"a=\"1\",\"b.d\"=\"x\"", false},
    };
    (void)state;

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        if (pt_labels_have(str(block), str(rows[i].wanted)) != rows[i].has)
            fail_msg("%s", rows[i].wanted);
}

static void a_label_set_is_equal_to_its_own_block_and_no_other(void **state)
{
    struct pt_pool pool = {0};
    struct pt_desc desc;
    struct pt_drops drops = {0};
    pitot_error err = {0};
    const pitot_str values[] = {{"1\"", 2}, {"x", 1}}, others[] = {{"1\"", 2}, {"y", 1}};
    struct pt_buf block = pt_buf_new(1000);
    (void)state;

    bool good = pt_desc_copy(&desc, &pool, PITOT_GAUGE, true,
        &(pitot_desc){.name = "a",
            .help = "H.",
            .labels = PITOT_LABELS("b.c", "d\\"),
            .const_labels = (const pitot_label[]){{"e f", "g"}, {0}}},
        &err);
    assert_true(good);
    assert_true(desc.quoted);
    assert_false(pt_labels_write(&block, &desc, values, &drops));

    static const char wanted[] = "\"e f\"=\"g\",\"b.c\"=\"1\\\"\",\"d\\\\\"=\"x\"";
    assert_int_equal(block.size, strlen(wanted));
    assert_memory_equal(block.at, wanted, block.size);
    assert_true(pt_labels_equal(&desc, (pitot_str){block.at, block.size}, values));
    assert_false(pt_labels_equal(&desc, (pitot_str){block.at, block.size}, others));
    pt_buf_free(&block);
    pt_pool_free(&pool);
}

static void a_block_that_is_not_whole_equals_no_label_set(void **state)
{
    static const char *const blocks[] = {"", "a=\"", "a=\"1", "a=\"1\\", "a=\"1\\\"", "a=\"1\\\"\"",
        "a=\"1\\\"\",b=\"", "a=\"1\\\"\",b=\"x", "a=\"1\\\"\",b=\"xy\"", "a=\"1\\n\",b=\"x\"",
        "a=\"1\\\"\",b=\"x\",c=\"\"", "a=\"1\\\"x\",b=\"x\"", "a=\"1\",b=\"x\""};
    const pitot_str values[] = {{"1\"", 2}, {"x", 1}}, lines[] = {{"1\n", 2}, {"x", 1}},
                    nul[] = {{"1\0", 2}, {"x", 1}};
    struct pt_pool pool = {0};
    struct pt_desc desc;
    (void)state;

    assert_true(pt_desc_copy(&desc, &pool, PITOT_GAUGE, true,
        &(pitot_desc){.name = "x", .help = "H.", .labels = PITOT_LABELS("a", "b")}, NULL));
    for (size_t i = 0; i < sizeof(blocks) / sizeof(blocks[0]); i++)
        if (pt_labels_equal(&desc, str(blocks[i]), values))
            fail_msg("%s", blocks[i]);
    assert_true(pt_labels_equal(&desc, str("a=\"1\\\"\",b=\"x\""), values));
    assert_true(pt_labels_equal(&desc, str("a=\"1\\n\",b=\"x\""), lines));
    assert_false(pt_labels_equal(&desc, str("a=\"1\\n\",b=\"x\""), nul));
    assert_false(pt_labels_equal(&desc, str("a=\"1\\\"\",b=\"x\""), lines));
    pt_pool_free(&pool);
}

static bool is_quoted(pitot_type type, const pitot_desc *from)
{
    struct pt_pool pool = {0};
    struct pt_desc desc;
    pitot_error err = {0};

    assert_true(pt_desc_copy(&desc, &pool, type, from->labels != NULL, from, &err));
    pt_pool_free(&pool);
    return desc.quoted;
}

static void a_description_knows_whether_any_name_needs_quotes(void **state)
{
    static const char *const states[] = {"x", NULL};
    (void)state;

    assert_false(is_quoted(
        PITOT_GAUGE, &(pitot_desc){.name = "a:b", .help = "H.", .labels = PITOT_LABELS("c_d")}));
    assert_true(is_quoted(PITOT_GAUGE, &(pitot_desc){.name = "a.b", .help = "H."}));
    assert_true(is_quoted(
        PITOT_GAUGE, &(pitot_desc){.name = "a", .help = "H.", .labels = PITOT_LABELS("b", "c:d")}));
    assert_true(is_quoted(PITOT_GAUGE,
        &(pitot_desc){
            .name = "a", .help = "H.", .const_labels = (const pitot_label[]){{"1", ""}, {0}}}));
    assert_false(
        is_quoted(PITOT_STATESET, &(pitot_desc){.name = "a", .help = "H.", .states = states}));
    assert_true(
        is_quoted(PITOT_STATESET, &(pitot_desc){.name = "a:b", .help = "H.", .states = states}));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_name_stands_in_quotes_only_where_it_must),
        cmocka_unit_test(a_block_is_found_to_have_what_it_has),
        cmocka_unit_test(a_label_set_is_equal_to_its_own_block_and_no_other),
        cmocka_unit_test(a_block_that_is_not_whole_equals_no_label_set),
        cmocka_unit_test(a_description_knows_whether_any_name_needs_quotes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
