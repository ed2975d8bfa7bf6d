/* SPDX-License-Identifier: MIT */
/*
 * signals.c -- updates that are interrupted 10,000 times a second, and threads that are cancelled.
 *
 *     signals UPDATES CANCELLATIONS
 *
 * The handler of SIGALRM, on a stack of its own, records the numbers that the main thread is
 * recording. Then threads are cancelled wherever they are, in the middle of an update too: each may
 * have lost or kept the one it was at. Prints what was recorded and what the library says.
 */
#include "../e2e/serve.h"

#include <pthread.h>
#include <stdatomic.h>
#include <time.h>
#include <unistd.h>

#define PERIOD_NS 100000 /* 10 kHz */

static pitot_counter *counter;
static pitot_counter *cancelled;
static pitot_histogram *histogram;
static volatile sig_atomic_t handled;
static _Atomic(uint64_t) ledger;
static _Atomic(bool) running;

static void on_alarm(int number)
{
    (void)number;
    pitot_counter_inc(counter);
    pitot_histogram_observe(histogram, 0.5);
    handled++;
}

static timer_t start_alarms(void)
{
    static char stack[65536];
    const stack_t other = {.ss_sp = stack, .ss_size = sizeof(stack)};
    struct sigaction action = {.sa_handler = on_alarm, .sa_flags = SA_RESTART | SA_ONSTACK};
    struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGALRM};
    const struct itimerspec often = {{0, PERIOD_NS}, {0, PERIOD_NS}};
    timer_t timer;

    sigaltstack(&other, NULL);
    sigaction(SIGALRM, &action, NULL);
    if (timer_create(CLOCK_MONOTONIC, &event, &timer) != 0 ||
        timer_settime(timer, 0, &often, NULL) != 0)
        exit(EXIT_FAILURE);
    return timer;
}

static void stop_alarms(timer_t timer)
{
    const struct timespec rest = {0, 5000000};

    timer_delete(timer);
    nanosleep(&rest, NULL); /* the last one may be on its way */
    signal(SIGALRM, SIG_IGN);
}

static void *update_until_cancelled(void *arg)
{
    int before;

    (void)arg;
    pthread_setcanceltype(PTHREAD_CANCEL_ASYNCHRONOUS, &before);
    atomic_store(&running, true);
    for (;;) {
        pitot_counter_inc(cancelled);
        atomic_fetch_add(&ledger, 1);
    }
    return NULL;
}

static void cancel_some(unsigned long count)
{
    for (unsigned long i = 0; i < count; i++) {
        pthread_t thread;
        atomic_store(&running, false);
        if (pthread_create(&thread, NULL, update_until_cancelled, NULL) != 0)
            exit(EXIT_FAILURE);
        while (!atomic_load(&running))
            sched_yield();
        for (unsigned long j = 0; j < i % 3; j++)
            sched_yield();
        pthread_cancel(thread);
        pthread_join(thread, NULL);
    }
}

static long resident_kib(void)
{
    long size, resident = 0;
    FILE *file = fopen("/proc/self/statm", "r");

    if (file) {
        if (fscanf(file, "%ld %ld", &size, &resident) != 2)
            resident = 0;
        fclose(file);
    }
    return resident * (sysconf(_SC_PAGESIZE) / 1024);
}

int main(int argc, char **argv)
{
    pitot_error err = {0};
    unsigned long updates = argc > 1 ? strtoul(argv[1], NULL, 10) : 1000000;
    unsigned long cancellations = argc > 2 ? strtoul(argv[2], NULL, 10) : 100;
    pitot_registry *reg = pitot_registry_new(&err);

    counter = pitot_counter_new(reg, &err, &(pitot_desc){.name = "a_total", .help = "A."});
    cancelled = pitot_counter_new(reg, &err, &(pitot_desc){.name = "b_total", .help = "B."});
    histogram = pitot_histogram_new(reg, &err, &(pitot_desc){.name = "c", .help = "C."});
    demand(&err);
    cancel_some(10);
    long before = resident_kib();
    timer_t timer = start_alarms();
    for (unsigned long i = 0; i < updates; i++) {
        pitot_counter_inc(counter);
        pitot_histogram_observe(histogram, 0.5);
    }
    stop_alarms(timer);
    cancel_some(cancellations);
    printf("recorded=%lu handled=%lu counter=%.0f count=%llu sum=%.1f\n", updates,
        (unsigned long)handled, pitot_counter_value(counter),
        (unsigned long long)pitot_histogram_count(histogram), pitot_histogram_sum(histogram));
    printf("ledger=%llu cancelled=%.0f grown_kib=%ld\n", (unsigned long long)ledger,
        pitot_counter_value(cancelled), resident_kib() - before);
    pitot_registry_free(reg);
    return EXIT_SUCCESS;
}
