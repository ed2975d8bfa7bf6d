/* SPDX-License-Identifier: MIT */
/* locale.h -- the locale of a country that writes 0,5, made for one test. */
#ifndef PITOT_TESTS_LOCALE_H
#define PITOT_TESTS_LOCALE_H

#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define COMMA_LOCALE_FOLDER "/tmp/pitot-locale-XXXXXX"

/* Makes it in `folder`, which starts as COMMA_LOCALE_FOLDER, and switches `category` to it. */
static inline void use_comma_locale(char *folder, int category)
{
    char command[300];

    assert_non_null(mkdtemp(folder));
    snprintf(command, sizeof(command),
        "localedef -i de_DE -f UTF-8 %s/de_DE.UTF-8 >/dev/null 2>&1; test -d %s/de_DE.UTF-8",
        folder, folder);
    assert_int_equal(system(command), 0);
    assert_int_equal(setenv("LOCPATH", folder, 1), 0);
    assert_non_null(setlocale(category, "de_DE.UTF-8"));
    assert_string_equal(localeconv()->decimal_point, ",");
}

static inline void leave_comma_locale(const char *folder, int category)
{
    char command[100];

    setlocale(category, "C");
    unsetenv("LOCPATH");
    snprintf(command, sizeof(command), "rm -r %s", folder);
    assert_int_equal(system(command), 0);
}

#endif
