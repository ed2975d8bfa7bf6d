/* SPDX-License-Identifier: MIT */
/* stop_test.c -- starting and stopping, whatever is going on; and without memory. */
#include "client.h"

#include <pitot/export.h>
#include <pitot/http.h>

#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

static pitot_registry *reg;

static int set_up(void **state)
{
    (void)state;
    reg = pitot_registry_new(NULL);
    return reg ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    pitot_registry_free(reg);
    return 0;
}

static pitot_server *start(void)
{
    pitot_error err = {0};
    pitot_server *server =
        pitot_server_start(reg, &err, &(pitot_server_opts){.listen = "127.0.0.1:0"});

    assert_string_equal(err.message, "");
    return server;
}

struct gate {
    sem_t entered;
    int ms;
};

static void pass_gate(pitot_sink *sink, void *ctx)
{
    struct gate *gate = ctx;

    (void)sink;
    sem_post(&gate->entered);
    sleep_ms(gate->ms);
}

static void it_stops_while_requests_are_in_every_state(void **state)
{
    static struct gate gate = {.ms = 200};
    int clients[40];

    (void)state;
    sem_init(&gate.entered, 0, 0);
    assert_true(pitot_collector_add(
        reg, NULL, &(pitot_collector){.name = "slow", .collect = pass_gate, .ctx = &gate}));
    /* A sanitizer starts a thread of its own with the first one, and the registry keeps one. */
    pitot_server_stop(start());
    pitot_snapshot_free(pitot_snapshot_take(reg, NULL));
    sem_wait(&gate.entered);
    int fds = count_fds();
    int threads = count_threads();
    for (int round = 0; round < 5; round++) {
        pitot_server *server = start();
        for (int i = 0; i < 40; i++) {
            const char *const sent[] = {"", "GET /met", GET("/metrics"), GET("/-/ready"),
                GET("/metrics") GET("/metrics") GET("/metrics")};
            clients[i] = connect_port(pitot_server_port(server));
            assert_true(send_text(clients[i], sent[i % 5]));
        }
        sem_wait(&gate.entered);
        int64_t start_ms = now_ms();
        pitot_server_stop(server);
        assert_in_range(now_ms() - start_ms, 0, 2000);
        for (int i = 0; i < 40; i++) {
            assert_true(ms_until_closed(clients[i], PATIENCE_MS) >= 0);
            close(clients[i]);
        }
        assert_int_equal(count_fds(), fds);
        ASSERT_SOON(count_threads() == threads);
    }
}

/* Of a kilobyte each. */
static void add_long_gauges(unsigned count)
{
    char value[1001];
    pitot_gauge_vec *vec = pitot_gauge_vec_new(reg, NULL,
        &(pitot_desc){
            .name = "g", .help = "A gauge.", .labels = PITOT_LABELS("n"), .series_max = 10000});

    for (unsigned i = 0; i < count; i++) {
        write_long_value(value, sizeof(value), i);
        pitot_gauge_set(pitot_gauge_with(vec, value), i);
    }
}

static void it_stops_while_a_client_does_not_read(void **state)
{
    int slow[3];

    (void)state;
    add_long_gauges(10000);
    pitot_server *server = start();
    for (int i = 0; i < 3; i++) {
        char byte;
        slow[i] = connect_port(pitot_server_port(server));
        assert_true(send_text(slow[i], GET("/metrics")));
        assert_int_equal(receive(slow[i], &byte, 1, PATIENCE_MS), 1);
    }
    int64_t start_ms = now_ms();
    pitot_server_stop(server);
    assert_in_range(now_ms() - start_ms, 0, 2000);
    for (int i = 0; i < 3; i++)
        close(slow[i]);
}

static void *start_and_stop(void *arg)
{
    for (int i = 0; i < 20; i++) {
        pitot_error err = {0};
        pitot_server *server =
            pitot_server_start(reg, &err, &(pitot_server_opts){.listen = "127.0.0.1:0"});
        int status = fetch_status(pitot_server_port(server), i % 2 ? GET("/") : GET("/metrics"));
        int idle = connect_port(pitot_server_port(server));
        pitot_server_stop(server);
        close(idle);
        if (!server || status != 200)
            return arg;
    }
    return NULL;
}

static void servers_start_and_stop_on_several_threads(void **state)
{
    int fds = count_fds();
    int threads = count_threads();
    pthread_t starters[4];
    void *failed;

    (void)state;
    for (int i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&starters[i], NULL, start_and_stop, starters), 0);
    for (int i = 0; i < 4; i++) {
        pthread_join(starters[i], &failed);
        assert_null(failed);
    }
    assert_int_equal(count_fds(), fds);
    ASSERT_SOON(count_threads() == threads);
}

static void its_threads_have_names_and_take_no_signals(void **state)
{
    sigset_t mask;
    char path[64];
    char line[128];
    int found = 0;
    pitot_server *server = start();

    (void)state;
    pthread_sigmask(SIG_SETMASK, NULL, &mask);
    assert_int_equal(sigismember(&mask, SIGTERM), 0);
    DIR *dir = opendir("/proc/self/task");
    for (const struct dirent *entry = readdir(dir); entry; entry = readdir(dir)) {
        unsigned long long blocked = 0;
        bool ours = false;

        snprintf(path, sizeof(path), "/proc/self/task/%.20s/status", entry->d_name);
        FILE *file = fopen(path, "re");
        while (file && fgets(line, sizeof(line), file)) {
            ours |= strcmp(line, "Name:\tpitot-http\n") == 0;
            ours |= strcmp(line, "Name:\tpitot-scrape\n") == 0;
            sscanf(line, "SigBlk: %llx", &blocked);
        }
        if (file)
            fclose(file);
        if (ours) {
            found++;
            assert_true(blocked >> (SIGTERM - 1) & 1);
            assert_true(blocked >> (SIGUSR1 - 1) & 1);
            assert_true(blocked >> (SIGPIPE - 1) & 1);
        }
    }
    closedir(dir);
    assert_int_equal(found, 2);
    pitot_server_stop(server);
}

static void a_server_that_is_idle_does_not_wake_up(void **state)
{
    struct timespec before;
    struct timespec after;
    pitot_server *server = start();

    (void)state;
    assert_int_equal(fetch_status(pitot_server_port(server), GET("/-/ready")), 200);
    sleep_ms(100);
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &before);
    sleep_ms(500);
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &after);
    int64_t ns = (after.tv_sec - before.tv_sec) * 1000000000 + after.tv_nsec - before.tv_nsec;
    assert_in_range(ns, 0, 5000000);
    pitot_server_stop(server);
}

/* The allocator of the next test: the n-th call fails, and so do all after it if `for_ever`. */
static struct {
    pthread_mutex_t lock;
    long calls;
    long fails_at;
    bool for_ever;
    long alive;
} memory = {.lock = PTHREAD_MUTEX_INITIALIZER};

static void *scarce_reallocate(void *ctx, void *block, size_t size)
{
    (void)ctx;
    pthread_mutex_lock(&memory.lock);
    long call = ++memory.calls;
    bool fails =
        memory.fails_at && (call == memory.fails_at || (memory.for_ever && call > memory.fails_at));
    void *moved = fails ? NULL : realloc(block, size);
    memory.alive += moved && !block;
    pthread_mutex_unlock(&memory.lock);
    return moved;
}

static void *scarce_allocate(void *ctx, size_t size)
{
    return scarce_reallocate(ctx, NULL, size);
}

static void scarce_release(void *ctx, void *block)
{
    (void)ctx;
    pthread_mutex_lock(&memory.lock);
    memory.alive -= block != NULL;
    free(block);
    pthread_mutex_unlock(&memory.lock);
}

static void fail_from(long call, bool for_ever)
{
    pthread_mutex_lock(&memory.lock);
    memory.calls = 0;
    memory.fails_at = call;
    memory.for_ever = for_ever;
    pthread_mutex_unlock(&memory.lock);
}

static long calls_made(void)
{
    pthread_mutex_lock(&memory.lock);
    long calls = memory.calls;
    pthread_mutex_unlock(&memory.lock);
    return calls;
}

static void memory_that_runs_out_at_any_point_costs_an_answer_at_most(void **state)
{
    static const char request[] =
        "GET /metrics HTTP/1.1\r\nHost: localhost\r\nAccept-Encoding: gzip\r\n\r\n";
    const char *const requests[] = {request, GET("/-/ready"), GET("/metrics")};

    (void)state;
    for (int for_ever = 0; for_ever < 2; for_ever++) {
        long n = 1;
        for (bool reached = true; reached; n++) {
            pitot_error err = {0};
            fail_from(n, for_ever);
            pitot_server *server =
                pitot_server_start(reg, &err, &(pitot_server_opts){.listen = "127.0.0.1:0"});
            if (!server)
                assert_int_equal(err.code, PITOT_ENOMEM);
            for (size_t i = 0; server && i < 3; i++) {
                int status = fetch_status(pitot_server_port(server), requests[i]);
                assert_true(status == 200 || status == 500);
            }
            reached = calls_made() >= n;
            fail_from(0, false);
            if (server)
                assert_int_equal(fetch_status(pitot_server_port(server), request), 200);
            pitot_server_stop(server);
        }
        assert_true(n > 10);
    }
}

/* Status 0: the connection ended before the response did. */
static int check_scarce_scrape(const char *request, long fails_at, bool *reached)
{
    pitot_server *server = start(); /* with nothing in its cache */

    fail_from(fails_at, true);
    struct reply reply = fetch(pitot_server_port(server), request);
    *reached = calls_made() >= fails_at;
    fail_from(0, false);
    assert_true(reply.status == 200 || reply.status == 500 || reply.status == 0);
    if (reply.status == 200 && !header_of(&reply, "Content-Encoding"))
        assert_non_null(strstr(reply.body, "x1999\"} 1999"));
    free(reply.body);
    pitot_server_stop(server);
    return reply.status;
}

static void a_long_page_that_memory_runs_out_for_never_looks_complete(void **state)
{
    static const char plain[] = GET("/metrics"),
                      openmetrics[] = "GET /metrics HTTP/1.1\r\nHost: localhost\r\n"
                                      "Accept: application/openmetrics-text\r\n\r\n",
                      coded[] = "GET /metrics HTTP/1.1\r\nHost: localhost\r\n"
                                "Accept-Encoding: gzip\r\n\r\n";
    static const char *const requests[] = {plain, openmetrics, coded};
    int cut = 0;

    (void)state;
    add_long_gauges(2000);
    for (int i = 0; i < 3; i++) {
        bool reached = true;
        for (long n = 1; reached; n++)
            cut += check_scarce_scrape(requests[i], n, &reached) == 0;
    }
    assert_true(cut > 0);
}

static void a_child_that_stops_it_neither_hangs_nor_takes_it_from_the_parent(void **state)
{
    char path[] = "/tmp/pitot-stop-XXXXXX", listen[64];
    int status = -1;
    (void)state;
    int fd = mkstemp(path);
    close(fd);
    unlink(path);
    snprintf(listen, sizeof(listen), "unix:%s", path);
    pitot_server *server = pitot_server_start(reg, NULL, &(pitot_server_opts){.listen = listen});
    assert_non_null(server);

    pid_t child = fork();
    if (child == 0) {
        alarm(20); /* a hang ends as a signal */
        pitot_server_stop(server);
        _exit(0);
    }
    waitpid(child, &status, 0);

    assert_int_equal(status, 0);
    assert_int_equal(access(path, F_OK), 0);
    pitot_server_stop(server);
    assert_int_not_equal(access(path, F_OK), 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const pitot_allocator allocator = {
        .allocate = scarce_allocate,
        .reallocate = scarce_reallocate,
        .release = scarce_release,
    };
    const struct CMUnitTest tests[] = {
        TEST(it_stops_while_requests_are_in_every_state),
        TEST(it_stops_while_a_client_does_not_read),
        TEST(servers_start_and_stop_on_several_threads),
        TEST(its_threads_have_names_and_take_no_signals),
        TEST(a_child_that_stops_it_neither_hangs_nor_takes_it_from_the_parent),
        TEST(a_server_that_is_idle_does_not_wake_up),
        TEST(memory_that_runs_out_at_any_point_costs_an_answer_at_most),
        TEST(a_long_page_that_memory_runs_out_for_never_looks_complete),
    };

    pitot_allocator_set(&allocator); /* before anything else of the library */
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    return failed ? failed : memory.alive != 0;
}
