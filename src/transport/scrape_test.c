/* SPDX-License-Identifier: MIT */
/* scrape_test.c -- jobs in, pages out, on a collector that waits until the test lets it go. */
#include "transport/scrape.h"

#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cmocka.h>

struct fixture {
    pitot_registry *reg;
    struct pt_scrape scrape;
    int wake_fd;
    sem_t entered; /* the collector is running */
    sem_t leave;   /* and may end */
    int runs;
};

static void wait_to_leave(pitot_sink *sink, void *ctx)
{
    struct fixture *fixture = ctx;

    (void)sink;
    fixture->runs++;
    sem_post(&fixture->entered);
    sem_wait(&fixture->leave);
}

static int set_up(void **state)
{
    static struct fixture fixture;
    pitot_error err = {0};

    fixture = (struct fixture){.wake_fd = eventfd(0, 0)};
    sem_init(&fixture.entered, 0, 0);
    sem_init(&fixture.leave, 0, 0);
    fixture.reg = pitot_registry_new(&err);
    pitot_collector_add(fixture.reg, &err,
        &(pitot_collector){.name = "slow", .collect = wait_to_leave, .ctx = &fixture});
    *state = &fixture;
    return pt_scrape_start(&fixture.scrape, fixture.reg, fixture.wake_fd, &err) ? 0 : -1;
}

static int tear_down(void **state)
{
    struct fixture *fixture = *state;

    pt_scrape_stop(&fixture->scrape);
    pt_scrape_close(&fixture->scrape);
    pitot_registry_free(fixture->reg);
    close(fixture->wake_fd);
    return 0;
}

static struct pt_scrape_job job_for(struct pt_take *take, pitot_format format)
{
    return (struct pt_scrape_job){.take = take, .format = format};
}

static void free_all(struct pt_take *take, struct pt_scrape_job *jobs, size_t count)
{
    for (size_t i = 0; i < count; i++)
        pitot_page_free(jobs[i].page);
    pitot_snapshot_free(take->snap);
}

static size_t wait_for_done(struct fixture *fixture)
{
    uint64_t wakes;
    size_t count = 0;

    assert_int_equal(read(fixture->wake_fd, &wakes, sizeof(wakes)), sizeof(wakes));
    for (struct pt_scrape_job *job = pt_scrape_done(&fixture->scrape); job; job = job->next)
        count++;
    return count;
}

static void pages_of_one_take_share_its_snapshot(void **state)
{
    struct fixture *fixture = *state;
    struct pt_take first = {0};
    struct pt_take second = {0};
    struct pt_scrape_job jobs[] = {
        job_for(&first, PITOT_FORMAT_TEXT), job_for(&first, PITOT_FORMAT_OPENMETRICS)};
    struct pt_scrape_job other = job_for(&second, PITOT_FORMAT_TEXT);

    pt_scrape_push(&fixture->scrape, &jobs[0]);
    sem_wait(&fixture->entered);
    pt_scrape_push(&fixture->scrape, &other);
    pt_scrape_push(&fixture->scrape, &jobs[1]);
    assert_true(first.began_ns > 0);
    assert_true(second.began_ns == 0);
    sem_post(&fixture->leave);
    sem_post(&fixture->leave);
    for (size_t done = 0; done < 3;)
        done += wait_for_done(fixture);

    assert_int_equal(fixture->runs, 2);
    assert_ptr_not_equal(first.snap, second.snap);
    assert_true(second.began_ns >= first.began_ns);
    assert_non_null(jobs[0].page);
    assert_non_null(jobs[1].page);
    free_all(&first, jobs, 2);
    free_all(&second, &other, 1);
}

static void the_wait_of_a_collector_is_no_work(void **state)
{
    struct fixture *fixture = *state;
    struct pt_take take = {0};
    struct pt_scrape_job job = job_for(&take, PITOT_FORMAT_TEXT);

    pt_scrape_push(&fixture->scrape, &job);
    sem_wait(&fixture->entered);
    usleep(300000);
    sem_post(&fixture->leave);
    assert_int_equal(wait_for_done(fixture), 1);
    assert_true(job.work_s > 0);
    assert_true(job.work_s < 0.3);
    free_all(&take, &job, 1);
}

static void only_a_job_that_nobody_began_can_be_cancelled(void **state)
{
    struct fixture *fixture = *state;
    struct pt_take take = {0};
    struct pt_scrape_job running = job_for(&take, PITOT_FORMAT_TEXT);
    struct pt_scrape_job first = job_for(&take, PITOT_FORMAT_TEXT);
    struct pt_scrape_job second = job_for(&take, PITOT_FORMAT_TEXT);

    pt_scrape_push(&fixture->scrape, &running);
    sem_wait(&fixture->entered);
    pt_scrape_push(&fixture->scrape, &first);
    pt_scrape_push(&fixture->scrape, &second);
    assert_true(pt_scrape_cancel(&fixture->scrape, &second));
    assert_true(pt_scrape_cancel(&fixture->scrape, &first));
    assert_false(pt_scrape_cancel(&fixture->scrape, &first));
    assert_false(pt_scrape_cancel(&fixture->scrape, &running));
    sem_post(&fixture->leave);

    assert_int_equal(wait_for_done(fixture), 1);
    assert_int_equal(first.state, PT_SCRAPE_CANCELLED);
    assert_null(first.page);
    assert_false(pt_scrape_cancel(&fixture->scrape, &running));
    free_all(&take, &running, 1);
}

static void *stop(void *scrape)
{
    pt_scrape_stop(scrape);
    return NULL;
}

static bool is_stopping(struct pt_scrape *scrape)
{
    pthread_mutex_lock(&scrape->lock);
    bool stopping = scrape->stopping;
    pthread_mutex_unlock(&scrape->lock);
    return stopping;
}

static void stopping_waits_for_the_page_that_is_being_made_and_for_no_other(void **state)
{
    struct fixture *fixture = *state;
    struct pt_take take = {0};
    struct pt_scrape_job running = job_for(&take, PITOT_FORMAT_TEXT);
    struct pt_scrape_job queued = job_for(&take, PITOT_FORMAT_TEXT);
    pthread_t stopper;

    pt_scrape_push(&fixture->scrape, &running);
    sem_wait(&fixture->entered);
    pt_scrape_push(&fixture->scrape, &queued);
    assert_int_equal(pthread_create(&stopper, NULL, stop, &fixture->scrape), 0);
    while (!is_stopping(&fixture->scrape))
        sched_yield();
    sem_post(&fixture->leave);
    pthread_join(stopper, NULL);

    assert_int_equal(running.state, PT_SCRAPE_DONE);
    assert_int_equal(queued.state, PT_SCRAPE_QUEUED);
    assert_int_equal(fixture->runs, 1);
    free_all(&take, &running, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(pages_of_one_take_share_its_snapshot, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_wait_of_a_collector_is_no_work, set_up, tear_down),
        cmocka_unit_test_setup_teardown(
            only_a_job_that_nobody_began_can_be_cancelled, set_up, tear_down),
        cmocka_unit_test_setup_teardown(
            stopping_waits_for_the_page_that_is_being_made_and_for_no_other, set_up, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
