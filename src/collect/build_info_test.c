/* SPDX-License-Identifier: MIT */
/* build_info_test.c -- which library this is. */
#include <pitot/export.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

struct page {
    char text[16384];
    size_t size;
};

static bool add_to_page(void *ctx, const char *bytes, size_t size)
{
    struct page *page = ctx;

    assert_true(size < sizeof(page->text) - page->size);
    memcpy(page->text + page->size, bytes, size);
    page->size += size;
    return true;
}

static void the_version_is_that_of_the_header(void **state)
{
    (void)state;
    assert_string_equal(pitot_version(), "0.1.0");
    assert_string_equal(pitot_version(), PITOT_VERSION);
}

static void the_labels_say_the_version_and_the_compiler(void **state)
{
    pitot_error err = {0};
    pitot_registry *reg = pitot_registry_new(&err);
    struct page page = {0};

    (void)state;
    assert_true(pitot_build_info_add(reg, &err));
    pitot_snapshot *snap = pitot_snapshot_take(reg, &err);
    assert_true(pitot_encode(snap, PITOT_FORMAT_TEXT, add_to_page, &page, &err));
    assert_int_equal(err.code, PITOT_OK);
    const char *line = strstr(page.text, "\npitot_build_info{");
    assert_non_null(line);
    line++;
    size_t size = strcspn(line, "\n");
    assert_true(memmem(line, size, "version=\"0.1.0\"", 15));
    assert_true(
        memmem(line, size, "compiler=\"gcc ", 14) || memmem(line, size, "compiler=\"clang ", 16));
    assert_memory_equal(line + size - 3, "} 1", 3);
    pitot_snapshot_free(snap);
    pitot_registry_free(reg);
}

static void adding_it_twice_is_adding_it_once(void **state)
{
    pitot_error err = {0};
    pitot_registry *reg = pitot_registry_new(&err);

    (void)state;
    assert_true(pitot_build_info_add(reg, &err));
    assert_true(pitot_build_info_add(reg, &err));
    assert_int_equal(err.code, PITOT_OK);
    pitot_registry_free(reg);
}

static void without_a_registry_nothing_happens(void **state)
{
    pitot_error err = {0};

    (void)state;
    assert_false(pitot_build_info_add(NULL, &err));
    assert_int_equal(err.code, PITOT_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_version_is_that_of_the_header),
        cmocka_unit_test(the_labels_say_the_version_and_the_compiler),
        cmocka_unit_test(adding_it_twice_is_adding_it_once),
        cmocka_unit_test(without_a_registry_nothing_happens),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
