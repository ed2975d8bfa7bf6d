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
    return pt_scrape_start(&fixture.scrape, fixture.reg, "test", fixture.wake_fd, &err) ? 0 : -1;
}

static int tear_down(void **state)
{
    struct fixture *fixture = *state;

    pt_scrape_stop(&fixture->scrape);
    pitot_registry_free(fixture->reg);
    close(fixture->wake_fd);
    return 0;
}

static struct pt_scrape_job job_for(const char *accept)
{
    const pitot_http_request request = {.method = "GET", .target = "/metrics", .accept = accept};

    return (struct pt_scrape_job){.plan = pt_handle_plan(&request)};
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

static void those_who_wait_for_the_same_page_share_it(void **state)
{
    struct fixture *fixture = *state;
    struct pt_scrape_job first = job_for(NULL);
    struct pt_scrape_job same[3] = {job_for(NULL), job_for("*/*"), job_for("text/plain")};
    struct pt_scrape_job other = job_for("application/openmetrics-text");

    pt_scrape_push(&fixture->scrape, &first);
    sem_wait(&fixture->entered);
    pt_scrape_push(&fixture->scrape, &same[0]);
    pt_scrape_push(&fixture->scrape, &other);
    pt_scrape_push(&fixture->scrape, &same[1]);
    pt_scrape_push(&fixture->scrape, &same[2]);
    sem_post(&fixture->leave);
    assert_int_equal(wait_for_done(fixture), 1);
    sem_post(&fixture->leave);
    assert_int_equal(wait_for_done(fixture), 3);
    sem_post(&fixture->leave);
    assert_int_equal(wait_for_done(fixture), 1);

    assert_int_equal(fixture->runs, 3);
    assert_ptr_not_equal(first.answer, same[0].answer);
    assert_ptr_equal(same[0].answer, same[1].answer);
    assert_ptr_equal(same[0].answer, same[2].answer);
    assert_int_equal(other.answer->response.status, 200);
    pt_answer_release(first.answer);
    pt_answer_release(other.answer);
    for (int i = 0; i < 3; i++)
        pt_answer_release(same[i].answer);
}

static void only_a_job_that_nobody_began_can_be_cancelled(void **state)
{
    struct fixture *fixture = *state;
    struct pt_scrape_job running = job_for(NULL);
    struct pt_scrape_job first = job_for(NULL);
    struct pt_scrape_job second = job_for(NULL);

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
    assert_null(first.answer);
    assert_false(pt_scrape_cancel(&fixture->scrape, &running));
    pt_answer_release(running.answer);
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
    struct pt_scrape_job running = job_for(NULL);
    struct pt_scrape_job queued = job_for(NULL);
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
    pt_answer_release(running.answer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(
            those_who_wait_for_the_same_page_share_it, set_up, tear_down),
        cmocka_unit_test_setup_teardown(
            only_a_job_that_nobody_began_can_be_cancelled, set_up, tear_down),
        cmocka_unit_test_setup_teardown(
            stopping_waits_for_the_page_that_is_being_made_and_for_no_other, set_up, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
