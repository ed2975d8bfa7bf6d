/* SPDX-License-Identifier: MIT */
/*
 * auth_test.c -- names and passwords: who comes in at once, who after the slow hash, who never.
 *
 * The hashes were made by `htpasswd -nB`: alice's password is "wonderland", bob's "builder" (and
 * his hash takes 16 times as long), carol's 256 times "c".
 *
 *     transport-auth-test [GUESSES]     20000; tests/torture tries more
 */
#include "transport/auth.h"

#include "base/alloc.h"

#include <poll.h>
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

#include "tests/heap.h"

#define ALICE "$2y$04$2Dc57WvngcsJmOtfj.KXCOYpyy7BjSEhadLr7gHtKS.Gv0xHgg0EW"
#define BOB "$2y$08$wSI6g4vIi3DroTixDPZa2u50g84nuuNrOYG2TxnWjCYjkGEuTTxD."
#define CAROL "$2b$04$PBbHyDwqtFcJ7prS.ioI3.DmjUJGMzyQQL0pPr.lRzn2voZVR0K/S"

static struct pt_web_item entries[] = {
    {.name.text = (char[]){"alice"}, .value.text = (char[]){ALICE}},
    {.name.text = (char[]){"bob"}, .value.text = (char[]){BOB}},
    {.name.text = (char[]){"carol"}, .value.text = (char[]){CAROL}},
};
static const struct pt_web_items users = {.at = entries, .count = 3};
static struct pt_auth auth;
static unsigned long guesses = 20000;

static int open_auth(void **state)
{
    (void)state;
    return pt_auth_open(&auth, eventfd(0, EFD_CLOEXEC), NULL) &&
                   pt_auth_set_users(&auth, &users, NULL)
               ? 0
               : -1;
}

static int close_auth(void **state)
{
    int fd = auth.wake_fd;

    (void)state;
    pt_auth_close(&auth);
    return close(fd);
}

/* A client's side of it. */
static const char *header_for(const char *credential)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    static char header[1500];
    size_t size = strlen(credential);
    char *out = header + sprintf(header, "Basic ");

    for (size_t i = 0; i < size; i += 3) {
        unsigned group = 0;

        for (size_t j = 0; j < 3; j++)
            group = group << 8 | (i + j < size ? (unsigned char)credential[i + j] : 0);
        for (size_t j = 0; j < 4; j++)
            *out++ = i + j > size ? '=' : digits[group >> (18 - 6 * j) & 63];
    }
    *out = '\0';
    return header;
}

static struct pt_auth_job *wait_for_one(void)
{
    struct pollfd fd = {.fd = auth.wake_fd, .events = POLLIN};
    struct pt_auth_job *job = pt_auth_done(&auth);
    eventfd_t count;

    while (!job) {
        assert_int_equal(poll(&fd, 1, 60000), 1);
        eventfd_read(auth.wake_fd, &count);
        job = pt_auth_done(&auth);
    }
    return job;
}

/* The status in the end; `slow` is whether the slow hash had to be computed for it. */
static int try(const char *credential, bool *slow)
{
    static struct pt_auth_job job;

    memset(&job, 0, sizeof(job));
    int status = pt_auth_check(&auth, &job, 1, header_for(credential));
    *slow = status == 0;
    if (status != 0)
        return status;
    assert_ptr_equal(wait_for_one(), &job);
    assert_null(job.next);
    for (size_t i = 0; i < sizeof(job.password); i++)
        assert_int_equal(job.password[i], 0);
    return pt_auth_finish(&auth, &job);
}

static void without_users_everybody_comes_in(void **state)
{
    struct pt_auth_job job = {0};

    (void)state;
    assert_true(pt_auth_set_users(&auth, &(struct pt_web_items){0}, NULL));
    assert_int_equal(pt_auth_check(&auth, &job, 0, NULL), 200);
    assert_int_equal(pt_auth_check(&auth, &job, 2, "nonsense"), 200);
}

static void who_came_in_once_comes_in_at_once(void **state)
{
    bool slow;

    (void)state;
    assert_int_equal(try("alice:wonderland", &slow), 200);
    assert_true(slow);
    for (int i = 0; i < 100; i++) {
        assert_int_equal(try("alice:wonderland", &slow), 200);
        assert_false(slow);
    }
    assert_int_equal(try("bob:builder", &slow), 200);
    assert_true(slow);
    assert_int_equal(try("alice:wonderland", &slow), 200);
    assert_false(slow);
}

static void what_is_wrong_is_computed_each_time_and_spoils_nothing(void **state)
{
    static const char *const wrong[] = {"alice:Wonderland", "alice:", "alice:wonderlan",
        "alice:wonderland ", "alice:wonderland:", "alice:builder", "Alice:wonderland",
        "alic:ewonderland", ":wonderland", "nobody:wonderland", ("alice:" ALICE)};
    bool slow;

    (void)state;
    for (int known = 0; known < 2; known++) {
        for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
            assert_int_equal(try(wrong[i], &slow), 401);
            assert_true(slow);
        }
        assert_int_equal(try("alice:wonderland", &slow), 200);
        assert_int_equal(slow, known == 0);
    }
}

static void a_stranger_costs_what_the_costliest_user_does(void **state)
{
    static struct pt_auth_job job;

    (void)state;
    assert_int_equal(pt_auth_check(&auth, &job, 1, header_for("nobody:x")), 0);
    assert_string_equal(job.hash, BOB);
    wait_for_one();
    assert_int_equal(pt_auth_finish(&auth, &job), 401);
    memset(&job, 0, sizeof(job));
    /* even with that user's password */
    assert_int_equal(pt_auth_check(&auth, &job, 1, header_for("nobody:builder")), 0);
    wait_for_one();
    assert_int_equal(pt_auth_finish(&auth, &job), 401);
}

static void what_is_no_basic_credential_is_401_and_computes_nothing(void **state)
{
    static const char *const headers[] = {"", "Basic", "Basic ", "basic", "Bearer YTpi",
        "BasicYTpi", "Basic  YTpi", "Basic YTpi ", "Basic YTp", "Basic YT=i",
        "Basic ====", "Basic YTpi=", "Basic Y*pi", "Basic Y{pi", "Basic Y+pi", "Basic Y/pi",
        "Basic YWxpY2U=", "Basic YQA6Yg==", "Basic YTpiAA==", "Basic YTpi\nYTpi",
        "Digest username=\"alice\"", NULL};
    struct pt_auth_job job = {0};

    (void)state;
    for (size_t i = 0; headers[i]; i++)
        if (pt_auth_check(&auth, &job, 1, headers[i]) != 401)
            fail_msg("%s", headers[i]);
    assert_int_equal(pt_auth_check(&auth, &job, 0, NULL), 401);
}

static void the_scheme_may_be_in_any_case(void **state)
{
    struct pt_auth_job job = {0};
    bool slow;

    (void)state;
    assert_int_equal(try("alice:wonderland", &slow), 200);
    assert_int_equal(pt_auth_check(&auth, &job, 1, "bAsIC YWxpY2U6d29uZGVybGFuZA=="), 200);
}

static void two_headers_are_400(void **state)
{
    struct pt_auth_job job = {0};
    bool slow;

    (void)state;
    assert_int_equal(try("alice:wonderland", &slow), 200);
    assert_int_equal(pt_auth_check(&auth, &job, 2, header_for("alice:wonderland")), 400);
}

static void a_password_of_more_than_256_bytes_is_401_at_once(void **state)
{
    char credential[600] = "carol:";
    bool slow;

    (void)state;
    memset(credential + 6, 'c', 256);
    assert_int_equal(try(credential, &slow), 200);
    assert_int_equal(try(credential, &slow), 200);
    assert_false(slow);
    credential[6 + 256] = 'c';
    assert_int_equal(try(credential, &slow), 401);
    assert_false(slow);
    memset(credential, 'a', 300);
    credential[257] = ':';
    assert_int_equal(try(credential, &slow), 401);
    assert_false(slow);
}

static void when_four_wait_others_are_429_but_who_is_known_comes_in(void **state)
{
    static struct pt_auth_job jobs[200];
    size_t count = 0, waiting = 0;
    bool slow;
    int status;

    (void)state;
    assert_int_equal(try("alice:wonderland", &slow), 200);
    do
        status = pt_auth_check(&auth, &jobs[count], 1, header_for("bob:guess"));
    while (status == 0 && ++count < 200);
    assert_int_equal(status, 429);
    assert_in_range(count, PT_AUTH_QUEUE_MAX, 199);
    for (size_t i = 0; i < sizeof(jobs[count].password); i++)
        assert_int_equal(jobs[count].password[i], 0);
    assert_int_equal(try("alice:wonderland", &slow), 200);
    assert_false(slow);
    while (waiting < count)
        for (struct pt_auth_job *job = wait_for_one(); job; job = job->next, waiting++)
            assert_int_equal(pt_auth_finish(&auth, job), 401);
    assert_int_equal(try("bob:builder", &slow), 200);
}

static void who_waits_can_be_taken_away(void **state)
{
    static struct pt_auth_job jobs[3];
    size_t out = 0, cancelled = 0;

    (void)state;
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(pt_auth_check(&auth, &jobs[i], 1, header_for("bob:builder")), 0);
    for (size_t i = 3; i-- > 0;)
        cancelled += pt_auth_cancel(&auth, &jobs[i]);
    while (out + cancelled < 3)
        for (struct pt_auth_job *job = wait_for_one(); job; job = job->next)
            out++;
    for (size_t i = 0; i < 3; i++)
        assert_false(pt_auth_cancel(&auth, &jobs[i]));
}

static void new_users_keep_what_is_known_of_the_old(void **state)
{
    struct pt_web_item fewer[] = {entries[2], entries[0]};
    bool slow;

    (void)state;
    assert_int_equal(try("alice:wonderland", &slow), 200);
    assert_true(pt_auth_set_users(&auth, &(struct pt_web_items){.at = fewer, .count = 2}, NULL));
    assert_int_equal(try("alice:wonderland", &slow), 200);
    assert_false(slow);
    assert_int_equal(try("bob:builder", &slow), 401);
}

static void a_new_hash_makes_the_old_password_wrong(void **state)
{
    struct pt_web_item changed = {.name = entries[0].name, .value = entries[2].value};
    bool slow;

    (void)state;
    assert_int_equal(try("alice:wonderland", &slow), 200);
    assert_true(pt_auth_set_users(&auth, &(struct pt_web_items){.at = &changed, .count = 1}, NULL));
    assert_int_equal(try("alice:wonderland", &slow), 401);
    assert_true(slow);
}

static void who_is_taken_off_while_the_hash_is_computed_stays_out(void **state)
{
    static struct pt_auth_job job;

    (void)state;
    assert_int_equal(pt_auth_check(&auth, &job, 1, header_for("bob:builder")), 0);
    assert_true(pt_auth_set_users(&auth, &(struct pt_web_items){.at = entries, .count = 1}, NULL));
    assert_ptr_equal(wait_for_one(), &job);
    assert_int_equal(pt_auth_finish(&auth, &job), 401);
}

/* Almost the right one: a byte of the password changed or added, or another password. */
static const char *guess(uint64_t random)
{
    static char credential[32];
    unsigned char change = (unsigned char)(1 + random % 255);
    size_t at = strlen("alice:") + random / 255 % strlen("wonderland");

    if (random >> 62 == 0) {
        snprintf(credential, sizeof(credential), "alice:%016llx", (unsigned long long)random);
        return credential;
    }
    strcpy(credential, "alice:wonderland");
    if (random >> 62 == 1)
        memmove(credential + at + 1, credential + at, strlen(credential + at) + 1);
    else
        change ^= (unsigned char)credential[at];
    credential[at] = (char)change;
    return credential;
}

static void no_guess_is_taken_for_what_is_known(void **state)
{
    static struct pt_auth_job job;
    uint64_t random = 1;
    unsigned long hashed = 0;
    bool slow;
    int status;

    (void)state;
    assert_int_equal(try("alice:wonderland", &slow), 200);
    for (unsigned long i = 0; i < guesses; i++) {
        random = random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        memset(&job, 0, sizeof(job));
        status = pt_auth_check(&auth, &job, 1, header_for(guess(random)));
        assert_int_not_equal(status, 200);
        if (status == 0 && !pt_auth_cancel(&auth, &job)) {
            assert_ptr_equal(wait_for_one(), &job);
            assert_int_equal(pt_auth_finish(&auth, &job), 401);
            hashed++;
        }
    }
    assert_int_equal(try("alice:wonderland", &slow), 200);
    assert_false(slow);
    print_message("guesses=%lu hashed=%lu\n", guesses, hashed);
}

static void it_can_be_closed_while_some_wait(void **state)
{
    static struct pt_auth_job jobs[4];

    (void)state;
    for (size_t i = 0; i < 4; i++)
        pt_auth_check(&auth, &jobs[i], 1, header_for("bob:guess"));
    pt_auth_close(&auth);
    for (size_t i = 0; i < 4; i++)
        for (size_t at = 0; at < sizeof(jobs[i].password); at++)
            assert_int_equal(jobs[i].password[at], 0);
}

/* ---- Without memory ---- */

static void without_memory_the_old_users_stay(void **state)
{
    pitot_error err = {0};
    bool slow;

    (void)state;
    assert_int_equal(try("alice:wonderland", &slow), 200);
    heap_fail(1, true);
    pt_alloc_use(&heap_allocator);
    bool ok = pt_auth_set_users(&auth, &(struct pt_web_items){.at = entries, .count = 1}, &err);
    pt_alloc_use(NULL);
    assert_false(ok);
    assert_int_equal(err.code, PITOT_ENOMEM);
    assert_int_equal(try("bob:builder", &slow), 200);
}

int main(int argc, char **argv)
{
    if (argc > 1)
        guesses = strtoul(argv[1], NULL, 10);
#define TEST(name) cmocka_unit_test_setup_teardown(name, open_auth, close_auth)
    const struct CMUnitTest tests[] = {
        TEST(without_users_everybody_comes_in),
        TEST(who_came_in_once_comes_in_at_once),
        TEST(what_is_wrong_is_computed_each_time_and_spoils_nothing),
        TEST(a_stranger_costs_what_the_costliest_user_does),
        TEST(what_is_no_basic_credential_is_401_and_computes_nothing),
        TEST(the_scheme_may_be_in_any_case),
        TEST(two_headers_are_400),
        TEST(a_password_of_more_than_256_bytes_is_401_at_once),
        TEST(when_four_wait_others_are_429_but_who_is_known_comes_in),
        TEST(who_waits_can_be_taken_away),
        TEST(new_users_keep_what_is_known_of_the_old),
        TEST(a_new_hash_makes_the_old_password_wrong),
        TEST(who_is_taken_off_while_the_hash_is_computed_stays_out),
        TEST(no_guess_is_taken_for_what_is_known),
        TEST(it_can_be_closed_while_some_wait),
        TEST(without_memory_the_old_users_stay),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
