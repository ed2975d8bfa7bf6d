/* SPDX-License-Identifier: MIT */
/*
 * default_test.c -- the registry of this process. It is made once in a process, so a test that is
 * about making it runs in a child.
 */
#include <pitot/export.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define THREADS 8
#define ROUNDS 20

/* True when `check` is, in a child. */
static bool holds_in_child(bool (*check)(void))
{
    int status;
    pid_t child = fork();

    assert_true(child >= 0);
    if (child == 0)
        _exit(check() ? 0 : 1);
    assert_int_equal(waitpid(child, &status, 0), child);
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static size_t blocks_left;

static bool take_block(void)
{
    return blocks_left > 0 && blocks_left--;
}

static void *allocate_some(void *ctx, size_t size)
{
    (void)ctx;
    return take_block() ? malloc(size) : NULL;
}

static void *reallocate_some(void *ctx, void *block, size_t size)
{
    (void)ctx;
    return take_block() ? realloc(block, size) : NULL;
}

static void release(void *ctx, void *block)
{
    (void)ctx;
    free(block);
}

static bool is_made_once_memory_suffices(void)
{
    size_t tries = 0;

    pitot_allocator_set(&(pitot_allocator){allocate_some, reallocate_some, release, NULL});
    do
        blocks_left = tries++;
    while (!pitot_registry_default() && tries < 10000);
    blocks_left = 0;
    return tries > 3 && tries < 10000 && pitot_registry_default();
}

static void without_memory_the_next_call_tries_again(void **state)
{
    (void)state;
    assert_true(holds_in_child(is_made_once_memory_suffices));
}

static void *ask(void *start)
{
    pthread_barrier_wait(start);
    return pitot_registry_default();
}

static bool is_the_same_for_all_threads(void)
{
    pthread_t threads[THREADS];
    pthread_barrier_t start;
    bool same = true;

    pthread_barrier_init(&start, NULL, THREADS);
    for (int i = 0; i < THREADS; i++)
        if (pthread_create(&threads[i], NULL, ask, &start) != 0)
            return false;
    for (int i = 0; i < THREADS; i++) {
        void *reg;

        pthread_join(threads[i], &reg);
        same = same && reg && reg == pitot_registry_default();
    }
    return same;
}

static void threads_that_ask_first_at_once_get_the_same(void **state)
{
    (void)state;
    for (int i = 0; i < ROUNDS; i++)
        assert_true(holds_in_child(is_the_same_for_all_threads));
}

static bool find(void *found, const char *bytes, size_t size)
{
    bool *all = found;

    all[0] |= memmem(bytes, size, "\nprocess_resident_memory_bytes ", 31) != NULL;
    all[1] |= memmem(bytes, size, "\npitot_build_info{", 18) != NULL;
    return true;
}

static void it_has_the_process_and_the_build_in_it(void **state)
{
    pitot_error err = {0};
    bool found[2] = {false, false};

    (void)state;
    assert_ptr_equal(pitot_registry_default(), pitot_registry_default());
    pitot_snapshot *snap = pitot_snapshot_take(pitot_registry_default(), &err);
    assert_true(pitot_encode(snap, PITOT_FORMAT_TEXT, find, found, &err));
    assert_true(found[0]);
    assert_true(found[1]);
    pitot_snapshot_free(snap);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_memory_the_next_call_tries_again),
        cmocka_unit_test(threads_that_ask_first_at_once_get_the_same),
        cmocka_unit_test(it_has_the_process_and_the_build_in_it),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
