/* SPDX-License-Identifier: MIT */
/* tls_names_test.c -- what Go's names become in GnuTLS's priorities, and that GnuTLS takes it. */
#include "transport/tls_names.h"

#include "transport/web_source.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <gnutls/gnutls.h>

#define BASE "NORMAL:-KX-ALL:-GROUP-ALL:-CIPHER-ALL:-MAC-ALL:-VERS-ALL"
#define GROUPS ":+GROUP-X25519:+GROUP-SECP256R1:+GROUP-SECP384R1:+GROUP-SECP521R1"

static pitot_web_config options;

static void set_suites(const char *const *names, size_t count)
{
    options = (pitot_web_config){
        .cert_file = "a", .key_file = "b", .cipher_suites = names, .cipher_suite_count = count};
}

/* NULL: there is nothing that could be offered. */
static void check(bool rsa, const char *expected)
{
    struct pt_web_config config = {0};
    struct pt_buf text = pt_buf_new(4096);
    gnutls_priority_t priorities;

    assert_true(pt_web_source_copy(&config, &options, NULL));
    bool possible = pt_tls_priorities(&config, rsa, &text);
    assert_int_equal(possible, expected != NULL);
    if (expected) {
        assert_string_equal(text.at, expected);
        assert_int_equal(gnutls_priority_init(&priorities, text.at, NULL), 0);
        gnutls_priority_deinit(priorities);
    }
    pt_buf_free(&text);
    pt_web_config_free(&config);
}

static void by_default_it_is_forward_secrecy_and_aead(void **state)
{
    (void)state;
    set_suites(NULL, 0);
    check(true, BASE ":+ECDHE-RSA:+AES-128-GCM:+AES-256-GCM:+CHACHA20-POLY1305:+AEAD"
                     ":+VERS-TLS1.3:+VERS-TLS1.2" GROUPS ":%SERVER_PRECEDENCE");
    check(false, BASE ":+ECDHE-ECDSA:+AES-128-GCM:+AES-256-GCM:+CHACHA20-POLY1305:+AEAD"
                      ":+VERS-TLS1.3:+VERS-TLS1.2" GROUPS ":%SERVER_PRECEDENCE");
}

static void versions_and_curves_are_narrowed(void **state)
{
    const char *const curves[] = {"CurveP384", "X25519"};

    (void)state;
    set_suites(NULL, 0);
    options.min_version = "TLS13";
    options.curve_preferences = curves;
    options.curve_preference_count = 2;
    options.prefer_client_cipher_suites = true;
    check(true, BASE ":+ECDHE-RSA:+AES-128-GCM:+AES-256-GCM:+CHACHA20-POLY1305:+AEAD"
                     ":+VERS-TLS1.3:+GROUP-SECP384R1:+GROUP-X25519");
    options.min_version = NULL;
    options.max_version = "TLS12";
    check(true, BASE ":+ECDHE-RSA:+AES-128-GCM:+AES-256-GCM:+CHACHA20-POLY1305:+AEAD"
                     ":+VERS-TLS1.2:+GROUP-SECP384R1:+GROUP-X25519");
}

static void suites_for_another_key_do_not_count(void **state)
{
    const char *const names[] = {
        "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA", "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384"};

    (void)state;
    set_suites(names, 2);
    check(true, BASE ":+ECDHE-RSA:+AES-256-GCM:+AEAD:+VERS-TLS1.3:+VERS-TLS1.2" GROUPS
                     ":%SERVER_PRECEDENCE");
    check(false, BASE ":+ECDHE-ECDSA:+AES-128-CBC:+SHA1:+VERS-TLS1.2" GROUPS ":%SERVER_PRECEDENCE");
    set_suites(names, 1);
    check(true, NULL);
}

static void names_of_tls_1_3_alone_leave_no_tls_1_2(void **state)
{
    const char *const names[] = {"TLS_CHACHA20_POLY1305_SHA256"};

    (void)state;
    set_suites(names, 1);
    check(true,
        BASE ":+ECDHE-RSA:+CHACHA20-POLY1305:+AEAD:+VERS-TLS1.3" GROUPS ":%SERVER_PRECEDENCE");
    options.max_version = "TLS12";
    check(true, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(by_default_it_is_forward_secrecy_and_aead),
        cmocka_unit_test(versions_and_curves_are_narrowed),
        cmocka_unit_test(suites_for_another_key_do_not_count),
        cmocka_unit_test(names_of_tls_1_3_alone_leave_no_tls_1_2),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
