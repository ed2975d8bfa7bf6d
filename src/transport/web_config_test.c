/* SPDX-License-Identifier: MIT */
/*
 * web_config_test.c -- files that are right, files that are wrong and how that is said, and the
 * same options in the program's struct.
 *
 * tests/web-config/bad/index has what is said about each bad file, by name.
 */
#include "transport/web_check.h"

#include "base/alloc.h"
#include "transport/file.h"
#include "transport/web_source.h"

#include <dirent.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/heap.h"

#define HASH "$2y$10$abcdefghijklmnopqrstuuABCDEFGHIJKLMNOPQRSTUVWXYZ01234"

static void go_to(const char *folder)
{
    assert_int_equal(chdir(getenv("SOURCE_DIR")), 0);
    assert_int_equal(chdir(folder), 0);
}

static int is_yaml(const struct dirent *entry)
{
    size_t size = strlen(entry->d_name);

    return size > 4 && strcmp(entry->d_name + size - 4, ".yml") == 0;
}

static void a_bad_file_is_refused_with_the_place_and_the_reason(void **state)
{
    struct dirent **files;
    char line[600], said[600];

    (void)state;
    go_to("tests/web-config/bad");
    FILE *index = fopen("index", "r");
    assert_non_null(index);
    int count = scandir(".", &files, is_yaml, alphasort);
    assert_true(count >= 60);
    for (int i = 0; i < count; i++) {
        struct pt_web_config config = {0};
        pitot_error err = {0};

        assert_false(pt_web_source_read(&config, files[i]->d_name, &err));
        snprintf(said, sizeof(said), "%s\n", err.message);
        assert_non_null(fgets(line, sizeof(line), index));
        assert_string_equal(said, line);
        assert_int_equal(err.code, PITOT_EINVAL);
        assert_null(strstr(err.message, "s3cret"));
        assert_null(strstr(err.message, "hunter2"));
        assert_null(strstr(err.message, "abcdefghijkl"));
        pt_web_config_free(&config);
        free(files[i]);
    }
    assert_null(fgets(line, sizeof(line), index));
    free(files);
    fclose(index);
}

static void a_good_file_is_taken(void **state)
{
    struct dirent **files;

    (void)state;
    go_to("tests/web-config/good");
    int count = scandir(".", &files, is_yaml, alphasort);
    assert_true(count >= 20);
    for (int i = 0; i < count; i++) {
        struct pt_web_config config = {0};
        pitot_error err = {0};

        if (!pt_web_source_read(&config, files[i]->d_name, &err))
            fail_msg("%s", err.message);
        bool wants_tls = strncmp(files[i]->d_name, "tls", 3) == 0 ||
                         strncmp(files[i]->d_name, "client", 6) == 0 ||
                         strcmp(files[i]->d_name, "crlf.yml") == 0 ||
                         strcmp(files[i]->d_name, "json.yml") == 0;
        assert_int_equal(config.tls, wants_tls);
        pt_web_config_free(&config);
        free(files[i]);
    }
    free(files);
}

static void every_key_arrives(void **state)
{
    struct pt_web_config config = {0};
    pitot_error err = {0};

    (void)state;
    go_to("tests/web-config");
    assert_true(pt_web_source_read(&config, "good/tls-everything.yml", &err));
    assert_string_equal(config.values[PT_WEB_CERT_FILE].text, "good/a.pem");
    assert_string_equal(config.values[PT_WEB_KEY_FILE].text, "good/a.key");
    assert_string_equal(config.values[PT_WEB_CLIENT_CA_FILE].text, "good/ca.pem");
    assert_int_equal(config.client_auth, PT_WEB_REQUIRE_AND_VERIFY_CLIENT_CERT);
    assert_int_equal(config.lists[PT_WEB_SANS].count, 4);
    assert_string_equal(config.lists[PT_WEB_SANS].at[2].value.text, "spiffe://example/scraper");
    assert_int_equal(config.lists[PT_WEB_SUITES].count, 3);
    assert_int_equal(config.lists[PT_WEB_CURVES].count, 4);
    assert_int_equal(config.version_min, 12);
    assert_int_equal(config.version_max, 13);
    assert_true(config.client_preference);
    pt_web_config_free(&config);

    assert_true(pt_web_source_read(&config, "good/headers.yml", &err));
    assert_int_equal(config.lists[PT_WEB_HEADERS].count, 5);
    assert_string_equal(config.lists[PT_WEB_HEADERS].at[1].name.text, "X-Frame-Options");
    assert_string_equal(config.lists[PT_WEB_HEADERS].at[1].value.text, "sameorigin");
    pt_web_config_free(&config);

    assert_true(pt_web_source_read(&config, "good/users.yml", &err));
    assert_int_equal(config.lists[PT_WEB_USERS].count, 3);
    assert_string_equal(config.lists[PT_WEB_USERS].at[0].name.text, "alice");
    assert_string_equal(config.lists[PT_WEB_USERS].at[0].value.text, HASH);
    pt_web_config_free(&config);

    assert_true(pt_web_source_read(&config, "good/rate.yml", &err));
    assert_int_equal(config.interval_ns, 100000000);
    assert_int_equal(config.burst, 20);
    pt_web_config_free(&config);
}

static void an_absolute_path_stays_as_it_is(void **state)
{
    struct pt_web_config config = {0};

    (void)state;
    go_to("tests/web-config");
    assert_true(pt_web_source_read(&config, "good/tls-absolute.yml", NULL));
    assert_string_equal(config.values[PT_WEB_CERT_FILE].text, "/etc/a.pem");
    pt_web_config_free(&config);
}

static void what_is_no_file_of_up_to_1_mib_is_refused(void **state)
{
    struct pt_web_config config = {0};
    char path[] = "/tmp/pitot-web-XXXXXX";
    pitot_error err = {0};

    (void)state;
    assert_false(pt_web_source_read(&config, "/nowhere/web.yml", &err));
    assert_string_equal(
        err.message, "cannot read web_config_file \"/nowhere/web.yml\": No such file or directory");
    err.code = PITOT_OK;
    assert_false(pt_web_source_read(&config, "/tmp", &err));
    assert_string_equal(err.message, "cannot read web_config_file \"/tmp\": Is a directory");
    err.code = PITOT_OK;
    assert_false(pt_web_source_read(&config, "/dev/zero", &err));
    assert_string_equal(err.message, "cannot read web_config_file \"/dev/zero\": Invalid argument");

    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(ftruncate(fd, PT_FILE_MAX + 1), 0);
    err.code = PITOT_OK;
    assert_false(pt_web_source_read(&config, path, &err));
    assert_int_equal(err.code, PITOT_ELIMIT);
    assert_non_null(strstr(err.message, "larger than 1048576 bytes"));
    close(fd);
    unlink(path);
    pt_web_config_free(&config);
}

static void assert_struct_refused(const pitot_web_config *options, const char *message)
{
    struct pt_web_config config = {0};
    pitot_error err = {0};

    assert_false(pt_web_source_copy(&config, options, &err));
    assert_string_equal(err.message, message);
    pt_web_config_free(&config);
}

static void the_struct_has_the_same_rules(void **state)
{
    const char *const suites[] = {"TLS_NULL"};
    const pitot_http_header header = {"Server", "x"};
    const pitot_web_user user = {"alice", "hunter2"};
    const pitot_web_user twice[] = {{"alice", HASH}, {"alice", HASH}};

    (void)state;
    assert_struct_refused(
        &(pitot_web_config){.cert_file = "a"}, "web: cert_file without key_file; TLS needs both");
    assert_struct_refused(&(pitot_web_config){.min_version = "TLS13"},
        "web: TLS options without cert_file and key_file; TLS needs both");
    assert_struct_refused(
        &(pitot_web_config){.cert_file = "a", .key_file = "b", .min_version = "TLS10"},
        "web: min_version TLS10 is not secure; the least is TLS12");
    assert_struct_refused(
        &(pitot_web_config){
            .cert_file = "a", .key_file = "b", .cipher_suites = suites, .cipher_suite_count = 1},
        "web: cipher_suites: \"TLS_NULL\" is unknown or not secure; docs/web-config.md has the "
        "names");
    assert_struct_refused(&(pitot_web_config){.headers = &header, .header_count = 1},
        "web: headers: \"Server\" cannot be set; docs/web-config.md has the five that can");
    assert_struct_refused(&(pitot_web_config){.users = &user, .user_count = 1},
        "web: basic_auth_users: the password of a user is not a bcrypt hash, as in $2y$10$ and 53 "
        "characters; `htpasswd -nBC 10 USER` makes one");
    assert_struct_refused(&(pitot_web_config){.users = twice, .user_count = 2},
        "web: basic_auth_users: an entry is there twice; keep one of them");
    assert_struct_refused(&(pitot_web_config){.rate_interval_ms = 5},
        "web: interval without burst allows no request at all; set burst to 1 or more");
}

static void assert_hash_refused(const char *hash)
{
    const pitot_web_user user = {"alice", hash};
    struct pt_web_config config = {0};
    pitot_error err = {0};

    if (pt_web_source_copy(&config, &(pitot_web_config){.users = &user, .user_count = 1}, &err))
        fail_msg("%s was taken", hash);
    assert_non_null(strstr(err.message, "is not a bcrypt hash"));
    assert_null(strstr(err.message, "abcdefghijkl"));
    pt_web_config_free(&config);
}

static void one_character_makes_a_hash_none(void **state)
{
    /* two for each place of "$2y$10$a" that cannot stand there */
    static const char *const wrong[] = {"%y", "13", "cx", "%1", "/:", "/:", "%1", "!\x7f"};
    char hash[sizeof(HASH)] = HASH;

    (void)state;
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        for (int j = 0; j < 2; j++) {
            hash[i] = wrong[i][j];
            assert_hash_refused(hash);
        }
        hash[i] = HASH[i];
    }
    hash[sizeof(HASH) - 2] = '\0'; /* too short */
    assert_hash_refused(hash);
    assert_hash_refused(HASH "a");
    assert_hash_refused(NULL);
}

static void assert_header_refused(const char *value)
{
    const pitot_http_header header = {"X-Frame-Options", value};

    assert_struct_refused(&(pitot_web_config){.headers = &header, .header_count = 1},
        "web: X-Frame-Options: empty, too long, or not of visible ASCII; write it on one line");
}

static void a_header_is_one_line_of_visible_ascii(void **state)
{
    static const char *const wrong[] = {"", " deny", "deny ", "de\nny", "de\x7fny", "d\xc3\xa9ny"};
    char longest[4098];

    (void)state;
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
        assert_header_refused(wrong[i]);
    assert_header_refused(NULL);
    memset(longest, 'x', sizeof(longest) - 1);
    longest[sizeof(longest) - 1] = '\0';
    assert_header_refused(longest);
}

static void a_name_has_characters_that_clients_can_send(void **state)
{
    static const char *const wrong[] = {"a:b", "a\nb", "a\x7f"};

    (void)state;
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        const pitot_web_user user = {wrong[i], HASH};

        assert_struct_refused(&(pitot_web_config){.users = &user, .user_count = 1},
            "web: basic_auth_users: a name has a colon or control character, which no client can "
            "send; choose another name");
    }
    const pitot_web_user nobody = {NULL, HASH};
    assert_struct_refused(&(pitot_web_config){.users = &nobody, .user_count = 1},
        "web: basic_auth_users: a name is empty or longer than 256 bytes");
}

static void missing_words_of_the_struct_are_empty_ones(void **state)
{
    const char *const words[] = {NULL};

    (void)state;
    assert_struct_refused(
        &(pitot_web_config){
            .cert_file = "a", .key_file = "b", .cipher_suites = words, .cipher_suite_count = 1},
        "web: cipher_suites: \"\" is unknown or not secure; docs/web-config.md has the names");
}

static void a_message_ends_with_its_reason_however_long_the_path(void **state)
{
    static const char folder[] = "0123456789012345678901234567890123456789/";
    struct pt_web_config config = {0};
    pitot_error err = {0};
    char path[300] = "/";

    (void)state;
    for (int i = 0; i < 6; i++)
        strcat(path, folder);
    strcat(path, "web.yml");
    assert_false(pt_web_source_parse(&config, path, "nonsense: 1\n", 12, &err));
    assert_memory_equal(err.message, "...", 3);
    assert_non_null(strstr(err.message, "/web.yml:1:1: "));
    assert_non_null(strstr(err.message, "nonsense"));
    pt_web_config_free(&config);
}

static void the_struct_is_copied(void **state)
{
    pitot_web_user user = {"alice", HASH};
    const pitot_web_config options = {.cert_file = "a",
        .key_file = "b",
        .prefer_client_cipher_suites = true,
        .users = &user,
        .user_count = 1,
        .rate_interval_ms = 250,
        .rate_burst = 7};
    struct pt_web_config config = {0};

    (void)state;
    assert_true(pt_web_source_copy(&config, &options, NULL));
    user = (pitot_web_user){0};
    assert_true(config.tls);
    assert_true(config.client_preference);
    assert_string_equal(config.lists[PT_WEB_USERS].at[0].name.text, "alice");
    assert_int_equal(config.interval_ns, 250000000);
    assert_int_equal(config.burst, 7);
    pt_web_config_free(&config);
}

static void durations_are_go_s(void **state)
{
    static const struct {
        const char *text;
        uint64_t ns;
    } good[] = {{"0", 0}, {"1s", 1000000000}, {"1.5s", 1500000000}, {"100ms", 100000000},
        {"1m30s", 90000000000}, {"1h", 3600000000000}, {"2us", 2000}, {"2\302\265s", 2000},
        {"7ns", 7}, {"1.s", 1000000000}, {"24h", 86400000000000}, {"0.0000000001s", 0}};
    static const char *const bad[] = {"", "1", "s", ".5s", "-1s", "1 s", "1s ", "1d", "24h1ns",
        "25h", "1e3s", "99999999999999999999999s", "1.2.3s", "0x1s", NULL};
    uint64_t ns = 0;

    (void)state;
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        assert_true(pt_web_duration(good[i].text, &ns));
        assert_int_equal(ns, good[i].ns);
    }
    for (size_t i = 0; bad[i]; i++)
        if (pt_web_duration(bad[i], &ns))
            fail_msg("%s is no duration", bad[i]);
}

/* ---- Without memory ---- */

static void without_memory_reading_fails_and_leaks_nothing(void **state)
{
    bool ok = false;

    (void)state;
    go_to("tests/web-config/good");
    pt_alloc_use(&heap_allocator);
    for (size_t n = 0; n < 200 && !ok; n++) {
        struct pt_web_config config = {0};
        pitot_error err = {0};

        heap_fail(n + 1, true);
        ok = pt_web_source_read(&config, "tls-everything.yml", &err);
        if (!ok && err.code != PITOT_ENOMEM && err.code != PITOT_ESYSTEM)
            fail_msg("%zu: %s", n, err.message);
        pt_web_config_free(&config);
    }
    pt_alloc_use(NULL);
    assert_true(ok);
}

static void without_memory_the_struct_is_not_taken_over_and_nothing_leaks(void **state)
{
    const char *const suites[] = {"TLS_AES_128_GCM_SHA256"};
    const char *const curves[] = {"X25519"};
    const char *const sans[] = {"scraper.example"};
    const pitot_http_header header = {"X-Frame-Options", "deny"};
    const pitot_web_user user = {"alice", HASH};
    const pitot_web_config options = {.cert_file = "a",
        .key_file = "b",
        .client_ca_file = "c",
        .client_auth_type = "RequireAndVerifyClientCert",
        .client_allowed_sans = sans,
        .client_allowed_san_count = 1,
        .min_version = "TLS12",
        .max_version = "TLS13",
        .cipher_suites = suites,
        .cipher_suite_count = 1,
        .curve_preferences = curves,
        .curve_preference_count = 1,
        .prefer_client_cipher_suites = true,
        .headers = &header,
        .header_count = 1,
        .users = &user,
        .user_count = 1,
        .rate_interval_ms = 250,
        .rate_burst = 7};
    bool ok = false;

    (void)state;
    pt_alloc_use(&heap_allocator);
    for (size_t n = 0; n < 200 && !ok; n++) {
        struct pt_web_config config = {0};
        pitot_error err = {0};

        heap_fail(n + 1, true);
        ok = pt_web_source_copy(&config, &options, &err);
        if (!ok && err.code != PITOT_ENOMEM)
            fail_msg("%zu: %s", n, err.message);
        pt_web_config_free(&config);
    }
    pt_alloc_use(NULL);
    assert_true(ok);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_bad_file_is_refused_with_the_place_and_the_reason),
        cmocka_unit_test(a_good_file_is_taken),
        cmocka_unit_test(every_key_arrives),
        cmocka_unit_test(an_absolute_path_stays_as_it_is),
        cmocka_unit_test(what_is_no_file_of_up_to_1_mib_is_refused),
        cmocka_unit_test(the_struct_has_the_same_rules),
        cmocka_unit_test(one_character_makes_a_hash_none),
        cmocka_unit_test(a_header_is_one_line_of_visible_ascii),
        cmocka_unit_test(a_name_has_characters_that_clients_can_send),
        cmocka_unit_test(missing_words_of_the_struct_are_empty_ones),
        cmocka_unit_test(a_message_ends_with_its_reason_however_long_the_path),
        cmocka_unit_test(the_struct_is_copied),
        cmocka_unit_test(durations_are_go_s),
        cmocka_unit_test(without_memory_reading_fails_and_leaks_nothing),
        cmocka_unit_test(without_memory_the_struct_is_not_taken_over_and_nothing_leaks),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
