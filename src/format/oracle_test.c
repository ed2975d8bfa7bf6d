/* SPDX-License-Identifier: MIT */
/*
 * oracle_test.c -- what somebody else's parser says of our pages.
 *
 * Random snapshots of all types, with exemplars and start times, in text and in OpenMetrics; the
 * strict parser of the Python client reads both, and finds the same in them (read_pages.py).
 */
#include "tests/encoded.h"
#include "tests/random.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define PAGES 40

/* What OpenMetrics 1 can say, and the parser can read: it does not know of quoted names. */
#define WANTS                                                                                      \
    (RANDOM_TYPES | RANDOM_EXEMPLARS | RANDOM_STARTS | RANDOM_TIMES | RANDOM_NATIVE | RANDOM_UNITS)

static bool write_to(void *file, const char *bytes, size_t size)
{
    return fwrite(bytes, 1, size, file) == size;
}

static void write_page(const pitot_snapshot *snap, pitot_format format, const char *path)
{
    const pitot_encode_opts opts = {.created = true};
    pitot_error err = {0};
    FILE *file = fopen(path, "wb");

    assert_non_null(file);
    assert_true(pitot_encode_with(snap, format, &opts, write_to, file, &err));
    assert_int_equal(fclose(file), 0);
}

static void the_python_client_reads_the_same_in_both_text_formats(void **state)
{
    char folder[] = "/tmp/pitot-oracle-XXXXXX", path[100], command[2000];
    pitot_error err = {0};
    (void)state;

    assert_non_null(mkdtemp(folder));
    for (int i = 0; i < PAGES; i++) {
        pitot_snapshot *snap = random_snapshot((uint64_t)i + 1, WANTS, &err);

        assert_non_null(snap);
        snprintf(path, sizeof(path), "%s/%d.txt", folder, i);
        write_page(snap, PITOT_FORMAT_TEXT, path);
        snprintf(path, sizeof(path), "%s/%d.om", folder, i);
        write_page(snap, PITOT_FORMAT_OPENMETRICS, path);
        pitot_snapshot_free(snap);
    }
    snprintf(command, sizeof(command),
        "LD_PRELOAD= /usr/bin/python3 -B '%s/tests/e2e/read_pages.py' %s", getenv("SOURCE_DIR"),
        folder);
    assert_int_equal(system(command), 0);
    snprintf(command, sizeof(command), "rm -r %s", folder);
    assert_int_equal(system(command), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_python_client_reads_the_same_in_both_text_formats),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
