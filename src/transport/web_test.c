/* SPDX-License-Identifier: MIT */
/*
 * web_test.c -- a configuration in force, and the next one: what is taken over, and what keeps the
 * old one. Time is passed in; certificates are made by openssl, once.
 */
#include "transport/web.h"

#include <pitot/export.h>

#include "base/clock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cmocka.h>

#define TLS "tls_server_config: {cert_file: a.pem, key_file: a.key}\n"
#define ALICE                                                                                      \
    "basic_auth_users: {alice: $2y$04$2Dc57WvngcsJmOtfj.KXCOYpyy7BjSEhadLr7gHtKS.Gv0xHgg0EW}\n"
#define BEARER "Basic YWxpY2U6d29uZGVybGFuZA=="
#define SECOND UINT64_C(1000000000)

static char folder[] = "/tmp/pitot-web-XXXXXX";
static struct pt_web web;
static pitot_registry *reg;
static uint64_t now_ns;

static void write_file(const char *name, const char *text)
{
    FILE *file = fopen(name, "w");

    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

/* A whole new file each time, so that it differs from the last one however coarse the clock is. */
static void write_web(const char *text)
{
    write_file("next.yml", text);
    assert_int_equal(rename("next.yml", "web.yml"), 0);
}

static void run(const char *command)
{
    if (system(command) != 0)
        fail_msg("%s", command);
}

static int make_files(void **state)
{
    (void)state;
    if (!mkdtemp(folder) || chdir(folder) != 0)
        return -1;
    for (const char *name = "ab"; *name; name++) {
        char command[256];

        snprintf(command, sizeof(command),
            "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 "
            "-subj /CN=%c -keyout %c.key -out %c.pem 2>/dev/null",
            *name, *name, *name);
        run(command);
    }
    run("openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=r -keyout r.key -out r.pem "
        "2>/dev/null");
    run("openssl ec -in a.key -aes128 -passout pass:s3cret -out locked.key 2>/dev/null");
    return 0;
}

static int remove_files(void **state)
{
    char command[64];

    (void)state;
    snprintf(command, sizeof(command), "rm -r %s", folder);
    return chdir("/") == 0 ? system(command) : -1;
}

static int set_up(void **state)
{
    (void)state;
    memset(&web, 0, sizeof(web));
    reg = pitot_registry_new(NULL);
    return reg ? 0 : -1;
}

static int tear_down(void **state)
{
    int fd = web.auth.wake_fd;

    (void)state;
    pt_web_stop(&web);
    pt_web_close(&web);
    pitot_registry_free(reg);
    return fd > 0 ? close(fd) : 0;
}

static bool try_open(const pitot_server_opts *opts, pitot_error *err)
{
    bool ok = pt_web_open(&web, reg, opts, eventfd(0, EFD_CLOEXEC), err);

    now_ns = pt_clock_ns();
    return ok;
}

static void open_file(const char *text)
{
    pitot_error err = {0};

    write_web(text);
    if (!try_open(&(pitot_server_opts){.web_config_file = "web.yml"}, &err))
        fail_msg("%s", err.message);
}

static void poll_later(uint64_t by_ns)
{
    now_ns += by_ns;
    pt_web_poll(&web, now_ns);
}

static void assert_reloads(unsigned successes, unsigned failures)
{
    assert_int_equal(pitot_counter_value(web.successes), successes);
    assert_int_equal(pitot_counter_value(web.failures), failures);
}

/* The beginning of the message: where it ends in a reason of GnuTLS's, that is GnuTLS's to word. */
static pitot_code assert_refused(const char *text, const char *message)
{
    pitot_error err = {0};

    write_web(text);
    assert_false(try_open(&(pitot_server_opts){.web_config_file = "web.yml"}, &err));
    if (strncmp(err.message, message, strlen(message)) != 0)
        fail_msg("%s", err.message);
    tear_down(NULL);
    set_up(NULL);
    return err.code;
}

static void what_cannot_be_loaded_is_refused_at_the_start(void **state)
{
    (void)state;
    write_file("garbage", "nonsense\n");
    pitot_code code = assert_refused("tls_server_config: {cert_file: no.pem, key_file: a.key}\n",
        "web.yml:1:32: cert_file \"no.pem\": No such file or directory");
    assert_int_equal(code, PITOT_ESYSTEM);
    assert_refused("tls_server_config: {cert_file: a.pem, key_file: no.key}\n",
        "web.yml:1:49: key_file \"no.key\": No such file or directory");
    code = assert_refused("tls_server_config: {cert_file: garbage, key_file: a.key}\n",
        "web.yml:1:32: cert_file \"garbage\": ");
    assert_int_equal(code, PITOT_EINVAL);
    assert_refused("tls_server_config: {cert_file: a.pem, key_file: garbage}\n",
        "web.yml:1:49: key_file \"garbage\": ");
    assert_refused("tls_server_config: {cert_file: a.pem, key_file: b.key}\n",
        "web.yml:1:49: key_file \"b.key\": The certificate and the given key do not match.");
    assert_refused("tls_server_config: {cert_file: a.pem, key_file: locked.key}\n",
        "web.yml:1:49: key_file \"locked.key\": ");
    assert_refused("tls_server_config: {cert_file: a.key, key_file: a.key}\n",
        "web.yml:1:32: cert_file \"a.key\": ");
    assert_refused(
        "tls_server_config: {cert_file: a.pem, key_file: a.key, client_ca_file: garbage, "
        "client_auth_type: RequireAndVerifyClientCert}\n",
        "web.yml:1:72: client_ca_file \"garbage\": ");
    assert_refused("tls_server_config: {cert_file: a.pem, key_file: a.key, "
                   "cipher_suites: [TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256]}\n",
        "web.yml:1:56: cipher_suites has none for a certificate with an elliptic curve key and "
        "these versions; add one of TLS_ECDHE_ECDSA_...");
    assert_refused("tls_server_config: {cert_file: r.pem, key_file: r.key, max_version: TLS12, "
                   "cipher_suites: [TLS_AES_128_GCM_SHA256]}\n",
        "web.yml:1:76: cipher_suites has none for a certificate with an RSA key and these "
        "versions; add one of TLS_ECDHE_RSA_...");
}

static void a_file_and_a_struct_are_one_too_many(void **state)
{
    const pitot_web_config config = {0};
    pitot_error err = {0};

    (void)state;
    assert_false(
        try_open(&(pitot_server_opts){.web = &config, .web_config_file = "web.yml"}, &err));
    assert_string_equal(
        err.message, "both web and web_config_file \"web.yml\" are set; keep one of them");
}

static void without_a_configuration_everybody_gets_in(void **state)
{
    struct pt_auth_job job = {0};

    (void)state;
    assert_true(try_open(&(pitot_server_opts){0}, NULL));
    poll_later(5 * SECOND);
    assert_int_equal(pt_web_admit(&web, &job, 0, NULL, now_ns), 200);
    assert_false(pt_web_error(&web, NULL));
    assert_null(pt_web_header(&web, "X-Frame-Options"));
}

static void a_change_is_taken_over(void **state)
{
    struct pt_auth_job job = {0};

    (void)state;
    open_file("");
    assert_int_equal(pt_web_admit(&web, &job, 0, NULL, now_ns), 200);
    write_web(ALICE "http_server_config: {headers: {X-Frame-Options: deny}}\n");
    poll_later(SECOND);
    assert_reloads(1, 0);
    assert_int_equal(pt_web_admit(&web, &job, 0, NULL, now_ns), 401);
    assert_string_equal(pt_web_header(&web, "X-Frame-Options"), "deny");
    poll_later(100 * SECOND);
    assert_reloads(1, 0);
}

static void files_are_looked_at_once_in_a_second(void **state)
{
    (void)state;
    open_file("");
    poll_later(SECOND);
    write_web(ALICE);
    poll_later(SECOND - 1);
    assert_reloads(0, 0);
    poll_later(1);
    assert_reloads(1, 0);
}

static void a_bad_change_keeps_the_old_and_says_why(void **state)
{
    struct pt_auth_job job = {0};
    pitot_error err = {0};

    (void)state;
    open_file(ALICE);
    write_web(ALICE "surprise: true\n");
    poll_later(SECOND);
    assert_reloads(0, 1);
    assert_true(pt_web_error(&web, &err));
    assert_string_equal(err.message, "web.yml:2:1: unknown section surprise; there are "
                                     "tls_server_config, http_server_config, basic_auth_users and "
                                     "rate_limit");
    assert_int_equal(pt_web_admit(&web, &job, 0, NULL, now_ns), 401);

    poll_later(59 * SECOND); /* not again and again */
    assert_reloads(0, 1);
    poll_later(SECOND); /* but some time */
    assert_reloads(0, 2);

    assert_int_equal(unlink("web.yml"), 0);
    poll_later(SECOND);
    assert_reloads(0, 3);
    assert_int_equal(pt_web_admit(&web, &job, 0, NULL, now_ns), 401);

    write_web("");
    poll_later(SECOND);
    assert_reloads(1, 3);
    assert_false(pt_web_error(&web, NULL));
    assert_int_equal(pt_web_admit(&web, &job, 0, NULL, now_ns), 200);
}

static void a_certificate_is_replaced_by_its_files_alone(void **state)
{
    const struct pt_tls *first;

    (void)state;
    run("cp a.pem live.pem; cp a.key live.key");
    open_file("tls_server_config: {cert_file: live.pem, key_file: live.key}\n");
    first = web.tls;
    run("cp b.pem new.pem; mv new.pem live.pem"); /* half of it: they do not match */
    poll_later(SECOND);
    assert_reloads(0, 1);
    assert_ptr_equal(web.tls, first);
    run("cp b.key new.key; mv new.key live.key");
    poll_later(SECOND);
    assert_reloads(1, 1);
    assert_ptr_not_equal(web.tls, first);
}

static void the_struct_s_files_are_looked_at_too(void **state)
{
    const pitot_web_config config = {.cert_file = "live.pem", .key_file = "live.key"};

    (void)state;
    run("cp a.pem live.pem; cp a.key live.key");
    assert_true(try_open(&(pitot_server_opts){.web = &config}, NULL));
    poll_later(SECOND);
    assert_reloads(0, 0);
    run("cp b.pem new.pem; cp b.key new.key; mv new.pem live.pem; mv new.key live.key");
    poll_later(SECOND);
    assert_reloads(1, 0);
}

static void tls_is_not_turned_on_or_off(void **state)
{
    pitot_error err = {0};

    (void)state;
    open_file(TLS);
    write_web(ALICE);
    poll_later(SECOND);
    assert_reloads(0, 1);
    assert_true(pt_web_error(&web, &err));
    assert_string_equal(
        err.message, "web.yml: TLS cannot be turned on or off while the server runs; restart it");
    assert_non_null(web.tls);
}

static void the_rate_stays_as_it_was_at_the_start(void **state)
{
    struct pt_auth_job job = {0};

    (void)state;
    open_file("rate_limit: {interval: 1h, burst: 2}\n");
    assert_int_equal(pt_web_admit(&web, &job, 0, NULL, now_ns), 200);
    write_web("");
    poll_later(SECOND);
    assert_reloads(1, 0);
    assert_int_equal(pt_web_admit(&web, &job, 0, NULL, now_ns), 200);
    assert_int_equal(pt_web_admit(&web, &job, 0, NULL, now_ns), 429);
}

static void too_many_requests_are_429_before_the_password_counts(void **state)
{
    struct pt_auth_job job = {0};

    (void)state;
    open_file("rate_limit: {interval: 1h, burst: 1}\n" ALICE);
    assert_int_equal(pt_web_admit(&web, &job, 0, NULL, now_ns), 401);
    assert_int_equal(pt_web_admit(&web, &job, 1, BEARER, now_ns), 429);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(what_cannot_be_loaded_is_refused_at_the_start),
        TEST(a_file_and_a_struct_are_one_too_many),
        TEST(without_a_configuration_everybody_gets_in),
        TEST(a_change_is_taken_over),
        TEST(files_are_looked_at_once_in_a_second),
        TEST(a_bad_change_keeps_the_old_and_says_why),
        TEST(a_certificate_is_replaced_by_its_files_alone),
        TEST(the_struct_s_files_are_looked_at_too),
        TEST(tls_is_not_turned_on_or_off),
        TEST(the_rate_stays_as_it_was_at_the_start),
        TEST(too_many_requests_are_429_before_the_password_counts),
    };

    return cmocka_run_group_tests(tests, make_files, remove_files);
}
