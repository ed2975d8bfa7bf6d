/* SPDX-License-Identifier: MIT */
/* procfile_test.c -- lines and numbers, from files that are written here. */
#include "collect/procfile.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static char path[] = "/tmp/pitot-procfile-XXXXXX";

static int make_file(void **state)
{
    int fd = mkstemp(path);

    (void)state;
    return fd < 0 ? -1 : close(fd);
}

static int remove_file(void **state)
{
    (void)state;
    return unlink(path);
}

static void write_file(const char *text, size_t size)
{
    int fd = open(path, O_WRONLY | O_TRUNC);

    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, size), size);
    close(fd);
}

/* The line "key:" of a file with this text. */
static struct pt_procline look_up(const char *text)
{
    struct pt_procline line = {.key = "key:"};

    write_file(text, strlen(text));
    assert_true(pt_procfile_lines(path, &line, 1));
    return line;
}

static void a_number_is_its_digits_and_ends_where_they_end(void **state)
{
    const char text[] = "18446744073709551615 kB";
    uint64_t number = 1;

    (void)state;
    assert_ptr_equal(pt_procfile_number(text, text + COUNT(text) - 1, &number), text + 20);
    assert_true(number == UINT64_MAX);
    assert_ptr_equal(pt_procfile_number(text, text + 2, &number), text + 2);
    assert_int_equal(number, 18);
}

static void what_is_no_number_that_fits_leaves_the_result_alone(void **state)
{
    static const char *const texts[] = {
        "", " 1", "-1", "+1", "x", "18446744073709551616", "99999999999999999999999"};
    uint64_t number = 7;

    (void)state;
    for (size_t i = 0; i < COUNT(texts); i++)
        assert_null(pt_procfile_number(texts[i], texts[i] + strlen(texts[i]), &number));
    assert_int_equal(number, 7);
}

static void a_line_is_found_by_its_whole_key(void **state)
{
    (void)state;
    assert_true(look_up("key: 12\n").found);
    assert_int_equal(look_up("other: 1\nkey:\t 12 kB\nkey: 13\n").number, 12);
    assert_int_equal(look_up("key:     12 unlimited\n").number, 12);
    assert_false(look_up("akey: 12\n").found);
    assert_false(look_up("keys: 12\n").found);
    assert_false(look_up("key:12\n").found);
    assert_false(look_up(" key: 12\n").found);
}

static void a_line_without_a_whole_number_is_as_good_as_not_there(void **state)
{
    static const char *const texts[] = {"", "\n", "key:\n", "key: \n", "key: x\n", "key: 12x\n",
        "key: 1.5\n", "key: 1,5\n", "key: -1\n", "key: 18446744073709551616\n", "key: 12",
        "key: unlimite\n", "key: unlimitedly\n"};

    (void)state;
    for (size_t i = 0; i < COUNT(texts); i++) {
        struct pt_procline line = look_up(texts[i]);

        assert_false(line.found);
        assert_false(line.unlimited);
    }
    assert_int_equal(look_up("key: x\nkey: 12\n").number, 12);
}

static void no_limit_is_not_a_number(void **state)
{
    struct pt_procline line = look_up("key:   unlimited   12\nkey: 13\n");

    (void)state;
    assert_true(line.unlimited);
    assert_false(line.found);
}

/* Wherever the end of the buffer falls, within a key, a number, or a line end. */
static void lines_are_found_across_the_ends_of_the_buffer(void **state)
{
    char text[PT_PROCFILE_MAX * 2];

    (void)state;
    for (size_t before = PT_PROCFILE_MAX - 20; before < PT_PROCFILE_MAX + 20; before++) {
        struct pt_procline line = {.key = "key:"};

        memset(text, '\n', sizeof(text));
        memcpy(text + before, "\nkey: 1234567\n", 14);
        write_file(text, sizeof(text));
        assert_true(pt_procfile_lines(path, &line, 1));
        assert_true(line.found);
        assert_int_equal(line.number, 1234567);
    }
}

static void a_line_that_is_too_long_is_skipped_to_its_end(void **state)
{
    static char text[PT_PROCFILE_MAX * 3 + 64];

    (void)state;
    for (size_t size = PT_PROCFILE_MAX - 2; size < PT_PROCFILE_MAX * 3; size += 509) {
        struct pt_procline lines[] = {{.key = "key:"}, {.key = "long:"}};

        /* What falls to the front of the buffer looks like the line that is wanted. */
        for (size_t i = 0; i < size; i++)
            text[i] = "key: 1 "[i % PT_PROCFILE_MAX % 7];
        memcpy(text, "long: ", 6);
        memcpy(text + size, "\nkey: 99\n", 9);
        write_file(text, size + 9);
        assert_true(pt_procfile_lines(path, lines, 2));
        assert_int_equal(lines[0].number, 99);
        assert_false(lines[1].found);
    }
}

static void a_file_is_read_whole_or_not_at_all(void **state)
{
    char text[PT_PROCFILE_MAX + 1], out[PT_PROCFILE_MAX];

    (void)state;
    memset(text, 'x', sizeof(text));
    write_file(text, PT_PROCFILE_MAX - 1);
    assert_int_equal(pt_procfile_read(path, out), PT_PROCFILE_MAX - 1);
    assert_memory_equal(out, text, PT_PROCFILE_MAX - 1);
    write_file(text, PT_PROCFILE_MAX);
    assert_int_equal(pt_procfile_read(path, out), 0);
    write_file(text, PT_PROCFILE_MAX + 1);
    assert_int_equal(pt_procfile_read(path, out), 0);
    write_file(text, 0);
    assert_int_equal(pt_procfile_read(path, out), 0);
}

static void what_cannot_be_read_is_reported(void **state)
{
    char out[PT_PROCFILE_MAX];
    struct pt_procline line = {.key = "key:"};

    (void)state;
    assert_false(pt_procfile_lines("/proc/self/nothing", &line, 1));
    assert_int_equal(pt_procfile_read("/proc/self/nothing", out), 0);
    /* A directory opens, but does not read. */
    assert_false(pt_procfile_lines("/proc/self", &line, 1));
    assert_int_equal(pt_procfile_read("/proc/self", out), 0);
}

static void no_descriptor_stays_open(void **state)
{
    char out[PT_PROCFILE_MAX];
    struct pt_procline line = {.key = "Pid:"};
    int before = dup(0);

    (void)state;
    close(before);
    pt_procfile_read("/proc/self/stat", out);
    pt_procfile_read("/proc/self", out);
    pt_procfile_lines("/proc/self/status", &line, 1);
    pt_procfile_lines("/proc/self", &line, 1);
    int after = dup(0);
    close(after);
    assert_int_equal(after, before);
    assert_int_equal(line.number, getpid());
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_number_is_its_digits_and_ends_where_they_end),
        cmocka_unit_test(what_is_no_number_that_fits_leaves_the_result_alone),
        cmocka_unit_test(a_line_is_found_by_its_whole_key),
        cmocka_unit_test(a_line_without_a_whole_number_is_as_good_as_not_there),
        cmocka_unit_test(no_limit_is_not_a_number),
        cmocka_unit_test(lines_are_found_across_the_ends_of_the_buffer),
        cmocka_unit_test(a_line_that_is_too_long_is_skipped_to_its_end),
        cmocka_unit_test(a_file_is_read_whole_or_not_at_all),
        cmocka_unit_test(what_cannot_be_read_is_reported),
        cmocka_unit_test(no_descriptor_stays_open),
    };

    return cmocka_run_group_tests(tests, make_file, remove_file);
}
