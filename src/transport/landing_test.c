/* SPDX-License-Identifier: MIT */
/* landing_test.c -- the landing page says who it is of and cannot be broken by a name. */
#include "transport/landing.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

struct page {
    struct pt_buf buf;
    const char *text;
};

static struct page landing(const char *name)
{
    struct page page = {.buf = pt_buf_new(65536)};

    pt_landing_write(&page.buf, name);
    pt_buf_add_char(&page.buf, '\0');
    assert_false(page.buf.failed);
    page.text = page.buf.at;
    return page;
}

static void it_names_the_program_and_links_to_what_is_served(void **state)
{
    struct page page = landing("electrs");

    (void)state;
    assert_non_null(strstr(page.text, "<title>electrs metrics</title>"));
    assert_non_null(strstr(page.text, "<h1>electrs</h1>"));
    assert_non_null(strstr(page.text, "<a href=\"metrics\">"));
    assert_non_null(strstr(page.text, "<a href=\"-/healthy\">"));
    assert_non_null(strstr(page.text, "<a href=\"-/ready\">"));
    pt_buf_free(&page.buf);
}

static void it_loads_nothing_and_runs_nothing(void **state)
{
    struct page page = landing("electrs");

    (void)state;
    assert_null(strstr(page.text, "http"));
    assert_null(strstr(page.text, "src="));
    assert_null(strstr(page.text, "<script"));
    assert_non_null(strstr(PT_LANDING_POLICY, "default-src 'none'"));
    pt_buf_free(&page.buf);
}

static void a_name_is_text_whatever_is_in_it(void **state)
{
    const struct {
        const char *name;
        const char *heading;
    } cases[] = {
        {"", "<h1></h1>"},
        {"a b", "<h1>a b</h1>"},
        {"<script>alert(1)</script>", "<h1>&lt;script&gt;alert(1)&lt;/script&gt;</h1>"},
        {"\"a\" & 'b'", "<h1>&quot;a&quot; &amp; &#39;b&#39;</h1>"},
        {"\xc3\xa4\xf0\x9f\x9a\x80", "<h1>\xc3\xa4\xf0\x9f\x9a\x80</h1>"},
        {"a\xff\n\x7f\xc3", "<h1>a\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd</h1>"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct page page = landing(cases[i].name);

        if (!strstr(page.text, cases[i].heading))
            fail_msg("no %s in:\n%s", cases[i].heading, page.text);
        pt_buf_free(&page.buf);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_names_the_program_and_links_to_what_is_served),
        cmocka_unit_test(it_loads_nothing_and_runs_nothing),
        cmocka_unit_test(a_name_is_text_whatever_is_in_it),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
