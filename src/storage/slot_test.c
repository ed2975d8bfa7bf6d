/* SPDX-License-Identifier: MIT */
/* slot_test.c -- records are whole, however many write at a time, and nobody waits. */
#include "storage/slot.h"

#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/time.h>

#include <cmocka.h>

#define WRITERS 4
#define WRITES 200000

/* Everything in it follows from `n`, so a torn one cannot pass. */
static struct pt_record record_of(uint64_t n)
{
    struct pt_record record = {.time = (int64_t)n, .value = (double)n};

    while (record.size + 16 < sizeof(record.text) && record.size < 16 * (1 + n % 9)) {
        snprintf(record.text + record.size, 17, "%016llx", (unsigned long long)n);
        record.size += 16;
    }
    record.size -= n % 16; /* no whole number of words */
    return record;
}

static bool is_whole(const struct pt_record *record)
{
    struct pt_record wanted = record_of((uint64_t)record->time);

    return record->value == wanted.value && record->size == wanted.size &&
           memcmp(record->text, wanted.text, wanted.size) == 0;
}

static bool write_number(struct pt_slot *slot, uint64_t n)
{
    struct pt_record record = record_of(n);

    return pt_slot_write(slot, pt_slot_look(slot).turn, &record);
}

static void a_slot_is_empty_until_it_is_written(void **state)
{
    struct pt_slot slot = {0};
    struct pt_record record;
    (void)state;

    assert_false(pt_slot_look(&slot).filled);
    assert_false(pt_slot_read(&slot, &record));
    pt_slot_clear(&slot);
    assert_false(pt_slot_read(&slot, &record));
}

static void turns_wrap_around(void **state)
{
    struct pt_slot slot = {.turn = UINT64_MAX - 3}; /* even: nobody writes */
    struct pt_record record;
    (void)state;

    for (uint64_t n = 1; n <= 4; n++) {
        assert_true(write_number(&slot, n));
        assert_true(pt_slot_read(&slot, &record));
        assert_true(is_whole(&record));
        assert_int_equal(record.time, n);
    }
    assert_int_equal(pt_slot_look(&slot).turn, 4);
}

static void the_newest_record_is_what_a_slot_has(void **state)
{
    struct pt_slot slot = {0};
    struct pt_record record;
    (void)state;

    for (uint64_t n = 1; n < 300; n++) {
        assert_true(write_number(&slot, n));
        assert_true(pt_slot_read(&slot, &record));
        assert_int_equal(record.time, n);
        assert_true(is_whole(&record));
        assert_true(pt_slot_look(&slot).filled);
        assert_int_equal(pt_slot_look(&slot).time, n);
        assert_true(pt_slot_look(&slot).value == (double)n);
    }
    pt_slot_clear(&slot);
    assert_false(pt_slot_read(&slot, &record));
}

static void a_text_of_any_size_fits_up_to_the_limit(void **state)
{
    struct pt_slot slot = {0};
    struct pt_record record = {.time = 1}, found;
    (void)state;
    memset(record.text, 'x', sizeof(record.text));

    for (record.size = 0; record.size <= PITOT_EXEMPLAR_BYTES; record.size++) {
        assert_true(pt_slot_write(&slot, pt_slot_look(&slot).turn, &record));
        assert_true(pt_slot_read(&slot, &found));
        assert_int_equal(found.size, record.size);
        assert_memory_equal(found.text, record.text, record.size);
    }
}

static void a_writer_who_looked_before_somebody_wrote_gives_up(void **state)
{
    struct pt_slot slot = {0};
    struct pt_record mine = record_of(7), found;
    (void)state;
    uint64_t turn = pt_slot_look(&slot).turn;

    assert_true(write_number(&slot, 8));
    assert_false(pt_slot_write(&slot, turn, &mine));
    assert_true(pt_slot_read(&slot, &found));
    assert_int_equal(found.time, 8);
}

static void a_slot_that_is_being_written_is_left_alone(void **state)
{
    struct pt_slot slot = {0};
    struct pt_record record = {.time = 5};
    (void)state;
    write_number(&slot, 3);
    atomic_fetch_add(&slot.turn, 1); /* somebody began, and sleeps */

    assert_false(write_number(&slot, 4));
    pt_slot_clear(&slot);
    assert_false(pt_slot_read(&slot, &record));
    assert_int_equal(record.time, 5);
    atomic_fetch_add(&slot.turn, 1);
    assert_true(pt_slot_read(&slot, &record));
    assert_int_equal(record.time, 3);
}

struct crowd {
    struct pt_slot slot;
    _Atomic(uint64_t) next;
    _Atomic(uint64_t) written;
    atomic_bool over;
};

static void *write_all_the_time(void *shared)
{
    struct crowd *crowd = shared;

    while (!atomic_load(&crowd->over))
        if (write_number(&crowd->slot, atomic_fetch_add(&crowd->next, 1)))
            atomic_fetch_add(&crowd->written, 1);
    return NULL;
}

static void no_record_is_ever_torn(void **state)
{
    struct crowd crowd = {.next = 1};
    struct pt_record record;
    pthread_t writers[WRITERS];
    size_t torn = 0, seen = 0;
    (void)state;
    for (int i = 0; i < WRITERS; i++)
        assert_int_equal(pthread_create(&writers[i], NULL, write_all_the_time, &crowd), 0);
    while (atomic_load(&crowd.written) == 0)
        continue;

    for (size_t i = 0; atomic_load(&crowd.written) < WRITES; i++) {
        if (i % 1000 == 999)
            pt_slot_clear(&crowd.slot);
        if (!pt_slot_read(&crowd.slot, &record))
            continue;
        seen++;
        torn += !is_whole(&record);
    }
    atomic_store(&crowd.over, true);
    for (int i = 0; i < WRITERS; i++)
        pthread_join(writers[i], NULL);

    assert_int_equal(torn, 0);
    assert_true(seen > 0);
}

static struct {
    struct pt_slot slot;
    atomic_uint ticks;
} interrupted;

static void write_from_a_handler(int signal)
{
    (void)signal;
    write_number(&interrupted.slot, 1000000 + atomic_fetch_add(&interrupted.ticks, 1));
}

/* The handler may interrupt the very write; then it has to give up, or would wait for ever. */
static void a_signal_handler_may_write_to_what_it_interrupts(void **state)
{
    const struct itimerval often = {{0, 200}, {0, 200}}, never = {{0, 0}, {0, 0}};
    struct sigaction action = {.sa_handler = write_from_a_handler, .sa_flags = SA_RESTART};
    struct pt_record record;
    (void)state;
    assert_int_equal(sigaction(SIGALRM, &action, NULL), 0);
    setitimer(ITIMER_REAL, &often, NULL);

    for (uint64_t n = 1; atomic_load(&interrupted.ticks) < 200; n++) {
        write_number(&interrupted.slot, n);
        if (pt_slot_read(&interrupted.slot, &record))
            assert_true(is_whole(&record));
    }

    setitimer(ITIMER_REAL, &never, NULL);
    signal(SIGALRM, SIG_IGN); /* one may be on its way */
    assert_int_equal(pt_slot_look(&interrupted.slot).turn & 1, 0);
    assert_true(pt_slot_read(&interrupted.slot, &record));
    assert_true(is_whole(&record));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_slot_is_empty_until_it_is_written),
        cmocka_unit_test(turns_wrap_around),
        cmocka_unit_test(the_newest_record_is_what_a_slot_has),
        cmocka_unit_test(a_text_of_any_size_fits_up_to_the_limit),
        cmocka_unit_test(a_writer_who_looked_before_somebody_wrote_gives_up),
        cmocka_unit_test(a_slot_that_is_being_written_is_left_alone),
        cmocka_unit_test(no_record_is_ever_torn),
        cmocka_unit_test(a_signal_handler_may_write_to_what_it_interrupts),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
