/* SPDX-License-Identifier: MIT */
/*
 * faults_test.c -- every call of the table in base/sys.h fails, one by one, in six lives.
 *
 *     library     all instruments, collectors, snapshots, every format written and read
 *     server      started, scraped in every way over sockets, stopped
 *     impatient   a server on every address, whose clients do not finish
 *     listener    a unix socket that takes over from a dead one
 *     web         a configuration with a certificate and passwords, read again when it changes
 *
 * A point is a call of a life: it fails once, and in another run all like it from there on for
 * ever. Each is lived through in a process of its own, so that the first use of the library is one
 * of them. Nothing crashes, hangs or leaks; what fails says so with an error or an answer that ends
 * early; pages that look complete are valid; and as soon as nothing fails any more the same calls
 * on the same objects make a complete page.
 *
 *     transport-faults-test [all [once|forever]]     every point, not a sample of them
 *     PITOT_FAULT=mmap:3 transport-faults-test LIFE     one of them again
 */
#include <pitot/http.h>

#ifdef PITOT_HAS_WEB
#include "base/clock.h"
#include "transport/web.h"
#endif

#include <errno.h>
#include <stdlib.h>
#include <sys/wait.h>

#include "tests/faults.h"

#define PATIENCE_MS patience_ms
#include "tests/api/page.h"
#include "tests/http/client.h"

#define LIFE_SECONDS 100 /* a life that takes longer hangs */
#define NOT_REACHED 77   /* what a life ends with that has less calls than that */
#define JOBS 2
#define SHARE_MS 1
#define CHILDREN 40
#define SAMPLE 64 /* one in so many allocations, but for `all` */

/* ---- All that the library has ---- */

struct world {
    pitot_registry *reg;
    pitot_counter *counter;
    pitot_counter_vec *counters;
    pitot_gauge_vec *gauges;
    pitot_histogram *histogram;
    pitot_histogram_vec *natives;
    pitot_summary *summary;
    pitot_info_vec *infos;
    pitot_stateset *stateset;
    pitot_server *server;
    bool mute; /* no use in asking */
#ifdef PITOT_HAS_WEB
    struct pt_web web;
    int wake_fd;
#endif
};

static void emit(pitot_sink *sink, void *ctx)
{
    (void)ctx;
    pitot_sink_family(sink, PITOT_GAUGE,
        &(pitot_desc){.name = "emitted", .help = "H.", .labels = PITOT_LABELS("a")});
    pitot_sink_sample(sink, 1, "b");
}

static double read_two(void *ctx)
{
    (void)ctx;
    return 2;
}

#define NEW(kind, ...) pitot_##kind##_new(w->reg, &err, &(pitot_desc){.help = "H.", __VA_ARGS__})

static bool set_up_instruments(struct world *w)
{
    pitot_error err = {0};
    bool all;

    w->counter = NEW(counter, .name = "c_total", .exemplars = true);
    all = worked(w->counter, &err);
    w->counters = NEW(counter_vec, .name = "cs_total", .labels = PITOT_LABELS("i"));
    all &= worked(w->counters, &err);
    w->gauges = NEW(gauge_vec, .name = "g.s", .labels = PITOT_LABELS("i", "text"));
    all &= worked(w->gauges, &err);
    w->histogram = NEW(histogram, .name = "h", .exemplars = true);
    all &= worked(w->histogram, &err);
    w->natives =
        NEW(histogram_vec, .name = "ns", .labels = PITOT_LABELS("i"), .native_factor = 1.1);
    all &= worked(w->natives, &err);
    w->summary = NEW(summary, .name = "s", .bounds = PITOT_BOUNDS(0.5));
    all &= worked(w->summary, &err);
    w->infos = NEW(info_vec, .name = "i_info", .labels = PITOT_LABELS("i"));
    all &= worked(w->infos, &err);
    w->stateset = NEW(stateset, .name = "st", .states = PITOT_LABELS("on", "off"));
    return worked(w->stateset, &err) && all;
}

/* Adding one that is there already is an error of its own. */
static bool added(bool success, pitot_error *err)
{
    if (success || err->code != PITOT_EEXIST)
        return worked(success, err);
    *err = (pitot_error){0};
    return true;
}

static bool set_up_collectors(struct world *w)
{
    pitot_error err = {0};
    bool all = added(
        pitot_collector_add(w->reg, &err, &(pitot_collector){.name = "emit", .collect = emit}),
        &err);

    all &= added(
        pitot_function_add(w->reg, &err,
            &(pitot_function){
                .type = PITOT_GAUGE, .desc = {.name = "read", .help = "H."}, .read = read_two}),
        &err);
    all &= added(pitot_build_info_add(w->reg, &err), &err);
    return added(pitot_process_collector_add(w->reg, &err, NULL), &err) && all;
}

static void set_up(struct world *w)
{
    pitot_error err = {0};

    if (!w->reg)
        w->reg = pitot_registry_new(&err);
    if (worked(w->reg, &err)) {
        set_up_instruments(w);
        set_up_collectors(w);
    }
}

static void record(struct world *w)
{
    char number[16];

    for (int i = 0; i < 1100; i++) { /* enough to get rows */
        pitot_counter_inc(w->counter);
        pitot_histogram_observe(w->histogram, i);
        pitot_summary_observe(w->summary, i);
    }
    /* What exists counts right, whatever fails. */
    assert_true(pitot_counter_value(w->counter) == (w->counter ? 1100 : 0));
    assert_int_equal(pitot_histogram_count(w->histogram), w->histogram ? 1100 : 0);
    assert_int_equal(pitot_summary_count(w->summary), w->summary ? 1100 : 0);
    pitot_counter_inc_exemplar(w->counter, PITOT_EXEMPLAR("trace", "1"));
    pitot_histogram_observe_exemplar(w->histogram, 0.3, PITOT_EXEMPLAR("trace", "2"));
    pitot_histogram_observe_since(w->histogram, pitot_now());
    pitot_stateset_enum(w->stateset, "on");
    for (int i = 0; i < CHILDREN; i++) {
        snprintf(number, sizeof(number), "%d", i);
        pitot_counter_inc(pitot_counter_with(w->counters, number));
        pitot_gauge_set(pitot_gauge_with(w->gauges, number, "a \"b\""), i);
        if (i % 10)
            continue;
        pitot_info_with(w->infos, number);
        for (int j = 1; j < 50; j++)
            pitot_histogram_observe(pitot_histogram_with(w->natives, number), j * 0.1);
    }
}

static void remove_some(struct world *w)
{
    const char *const value[] = {"0"};

    if (w->natives)
        pitot_histogram_remove(w->natives, value, 1);
    if (w->gauges)
        pitot_gauge_remove_matching(w->gauges, (pitot_label[]){{"i", "3"}, {0}});
    pitot_counter_reset(w->counter);
    pitot_histogram_reset(w->histogram);
    pitot_summary_reset(w->summary);
}

/* What is on every complete page after record(). Of what exists, a line may be missing while
 * something fails; a page that is not whole may be missing all of it. */
static void assert_complete(const char *page)
{
    static const char *const lines[] = {"c_total 1101\n", "cs_total{i=\"39\"} ",
        "g_s{i=\"39\",text=\"a \\\"b\\\"\"} 39\n", "h_count 1102\n", "ns_count{i=\"30\"} ",
        "s_count 1100\n", "i_info{i=\"30\"} 1\n", "st{st=\"on\"} 1\n", "emitted{a=\"b\"} 1\n",
        "read 2\n", "process_resident_memory_bytes ", "process_open_fds ", "pitot_build_info{"};

    assert_page(page, PITOT_FORMAT_TEXT);
    for (size_t i = 0; i < COUNT(lines); i++)
        if (!find_line(page, lines[i]))
            fail_msg("no line %s on:\n%s", lines[i], page);
}

static void decode(pitot_format format, const struct text *page)
{
    pitot_error err = {0};
    pitot_snapshot *read = pitot_decode(format, page->at, page->size, NULL, &err);

    worked(read != NULL, &err);
    pitot_snapshot_free(read);
}

static void encode_all(const pitot_snapshot *snap, bool complete)
{
    pitot_error err = {0};

    for (int i = 0; i < PITOT_FORMAT_COUNT; i++) {
        struct text page = {0};
        pitot_format format = (pitot_format)i;

        if (worked(pitot_encode(snap, format, text_write, &page, &err), &err)) {
            if (i == PITOT_FORMAT_TEXT && complete)
                assert_complete(page.at);
            else if (i <= PITOT_FORMAT_OPENMETRICS)
                assert_page(page.at, format);
            decode(format, &page);
        }
        free(page.at);
    }
}

static void take_and_encode(struct world *w)
{
    pitot_error err = {0};
    const pitot_filter filter = {.names = (const char *const[]){"cs_total", "h", NULL},
        .labels = (pitot_label[]){{"i", "2"}, {"i", ""}, {0}}};
    pitot_snapshot *snap = pitot_snapshot_take(w->reg, &err);

    if (!worked(snap != NULL, &err))
        return;
    encode_all(snap, !is_reached());
    pitot_snapshot *part = pitot_snapshot_filter(snap, &filter, &err);
    worked(part != NULL, &err);
    pitot_snapshot_free(snap);
    pitot_snapshot_free(part);
}

static void use_library(struct world *w)
{
    if (!w->reg)
        return;
    remove_some(w);
    record(w);
    take_and_encode(w);
}

static void free_library(struct world *w)
{
    pitot_registry_free(w->reg);
    *w = (struct world){0};
}

/* ---- A server ---- */

#define WONDERLAND "Basic YWxpY2U6d29uZGVybGFuZA=="

static void start_at(struct world *w, const char *address, const pitot_web_config *web)
{
    pitot_error err = {0};
    const pitot_server_opts opts = {.listen = address,
        .share_ms = SHARE_MS,
        .web = web,
        .header_timeout_ms = 20000,
        .send_timeout_ms = fault.site ? 1000 : 20000,
        .idle_timeout_ms = 20000};

    if (!w->server)
        w->server = pitot_server_start(w->reg, &err, &opts);
    worked(w->server || !w->reg, &err);
}

#ifdef PITOT_HAS_WEB
static const pitot_web_user alice = {
    "alice", "$2y$04$2Dc57WvngcsJmOtfj.KXCOYpyy7BjSEhadLr7gHtKS.Gv0xHgg0EW"};
#endif

static void start_server(struct world *w)
{
#ifdef PITOT_HAS_WEB
    const pitot_web_config *web = &(pitot_web_config){.users = &alice, .user_count = 1};
#else
    const pitot_web_config *web = NULL;
#endif

    set_up(w);
    start_at(w, "127.0.0.1:0", web);
}

#define ASK(target, headers)                                                                       \
    "GET " target " HTTP/1.1\r\nHost: localhost\r\nAuthorization: " WONDERLAND "\r\n" headers "\r" \
    "\n"

/* An answer is what was asked for, says that there is none, or ends early. */
static void ask(struct world *w, const char *request, int wanted, bool is_page)
{
    if (w->mute && fault.site)
        return;
    int64_t start_ms = now_ms();
    struct reply reply = fetch(pitot_server_port(w->server), request);

    w->mute = now_ms() - start_ms >= patience_ms;
    assert_true(!w->mute || patience_ms < 20000);
    if (reply.status != wanted) {
        if (!is_reached())
            fail_msg("%d, not %d: %s", reply.status, wanted, request);
        assert_true(reply.status == 500 || reply.status == 503 || reply.status == 0);
    } else if (is_page) {
        if (is_reached())
            assert_page(reply.body, PITOT_FORMAT_TEXT);
        else
            assert_complete(reply.body);
    }
    free(reply.body);
}

static void use_server(struct world *w)
{
    if (!w->server)
        return;
    remove_some(w);
    record(w);
    if (w->mute) /* what nobody waited for may be taken now, and shared */
        sleep_ms(20 * SHARE_MS);
    ask(w, ASK("/metrics", ""), 200, true);
    ask(w, ASK("/metrics", "Accept-Encoding: gzip\r\n"), 200, false);
    ask(w, ASK("/metrics", "Accept-Encoding: zstd\r\nAccept: application/openmetrics-text\r\n"),
        200, false);
    ask(w, ASK("/metrics?name[]=h&name[]=cs_total", ""), 200, false);
    ask(w,
        ASK("/metrics", "Accept: application/vnd.google.protobuf;"
                        "proto=io.prometheus.client.MetricFamily;encoding=delimited\r\n"),
        200, false);
    ask(w, ASK("/", ""), 200, false);
    ask(w, ASK("/nowhere", ""), 404, false);
}

static void stop_server(struct world *w)
{
    pitot_server_stop(w->server);
    free_library(w);
}

/* ---- A server whose clients do not do their part ---- */

static void set_up_little(struct world *w)
{
    pitot_error err = {0};

    if (!w->reg)
        w->reg = pitot_registry_new(&err);
    worked(w->reg, &err);
}

static void start_short(struct world *w)
{
    pitot_error err = {0};
    const pitot_server_opts opts = {
        .listen = ":0", .connections_max = 2, .header_timeout_ms = 50, .idle_timeout_ms = 50};

    set_up_little(w);
    if (!w->server)
        w->server = pitot_server_start(w->reg, &err, &opts);
    worked(w->server || !w->reg, &err);
}

/* Three that say half of a request, where there is room for two. */
static void use_short(struct world *w)
{
    int clients[3];

    if (!w->server)
        return;
    for (int i = 0; i < 3; i++) {
        clients[i] = connect_port(pitot_server_port(w->server));
        assert_true(clients[i] >= 0);
        send_text(clients[i], "GET /met");
    }
    for (int i = 0; i < 3; i++) {
        there(ms_until_closed(clients[i], patience_ms) >= 0);
        close(clients[i]);
    }
    ask(w, GET_CLOSE("/metrics"), 200, false);
}

/* ---- A server that systemd started ---- */

#define GIVEN_FD 3 /* where systemd puts it */

static bool given;
static int kept_fd; /* what was there before */

static void give_socket(void)
{
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    char text[64];

    assert_int_equal(listen(fd, 8), 0); /* on any port */
    given = true;
    if (fd != GIVEN_FD) {
        kept_fd = fcntl(GIVEN_FD, F_DUPFD_CLOEXEC, 10);
        assert_int_equal(dup2(fd, GIVEN_FD), GIVEN_FD);
        close(fd);
    }
    snprintf(text, sizeof(text), "%d", (int)getpid());
    setenv("LISTEN_PID", text, 1);
    setenv("LISTEN_FDS", "1", 1);
    snprintf(text, sizeof(text), "@pitot-faults-%d", (int)getpid()); /* where nobody listens */
    setenv("NOTIFY_SOCKET", text, 1);
}

static void start_activated(struct world *w)
{
    pitot_error err = {0};

    if (!given)
        give_socket();
    set_up_little(w);
    if (!w->server)
        w->server = pitot_server_start(
            w->reg, &err, &(pitot_server_opts){.listen = "systemd", .notify_ready = true});
    worked(w->server || !w->reg, &err);
}

static void use_activated(struct world *w)
{
    if (w->server)
        ask(w, GET_CLOSE("/metrics"), 200, false);
}

static void stop_activated(struct world *w)
{
    stop_server(w);
    close(GIVEN_FD);
    if (kept_fd > 0) {
        assert_int_equal(dup2(kept_fd, GIVEN_FD), GIVEN_FD);
        close(kept_fd);
    }
    given = false;
    kept_fd = 0;
}

/* ---- Where it listens ---- */

static char path[64]; /* of this process */

/* A socket that nobody listens on any more, as a program that was killed leaves it. */
static void leave_socket(void)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    snprintf(path, sizeof(path), "/tmp/pitot-faults-%d", (int)getpid());
    unlink(path);
    memcpy(address.sun_path, path, sizeof(path));
    assert_int_equal(bind(fd, (const struct sockaddr *)&address, sizeof(address)), 0);
    close(fd);
}

static void start_listener(struct world *w)
{
    char address[80];

    set_up_little(w);
    if (!path[0])
        leave_socket();
    snprintf(address, sizeof(address), "unix:%s", path);
    start_at(w, address, NULL);
}

static void use_listener(struct world *w)
{
    if (!w->server)
        return;
    int fd = connect_path(path);
    assert_true(fd >= 0);
    send_text(fd, GET("/-/ready"));
    struct reply reply = read_reply(fd, true);
    there(reply.status == 200);
    free(reply.body);
    close(fd);
}

/* A path that is left behind is taken over by the next one; in the end there is none. */
static void stop_listener(struct world *w)
{
    stop_server(w);
    if (!fault.site && fault.ended)
        assert_int_not_equal(access(path, F_OK), 0);
}

/* ---- A web configuration ---- */

#ifdef PITOT_HAS_WEB

static char folder[] = "/tmp/pitot-faults-XXXXXX";

static bool make_folder(void)
{
    return mkdtemp(folder) && chdir(folder) == 0 &&
           system("openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes "
                  "-days 2 -subj /CN=a -keyout a.key -out a.pem 2>openssl.log") == 0;
}

static void remove_folder(void)
{
    char command[64];

    snprintf(command, sizeof(command), "rm -r %s", folder);
    if (system(command) != 0)
        fprintf(stderr, "%s is left\n", folder);
}

/* A new file for each process and each time, whose header says which. */
static const char *write_config(void)
{
    static const char *const values[] = {"deny", "sameorigin"};
    static unsigned turn;
    char next[32], name[32];

    snprintf(next, sizeof(next), "next-%d.yml", (int)getpid());
    snprintf(name, sizeof(name), "web-%d.yml", (int)getpid());
    FILE *file = fopen(next, "w");
    assert_non_null(file);
    fprintf(file,
        "tls_server_config: {cert_file: a.pem, key_file: a.key}\n"
        "http_server_config: {headers: {X-Frame-Options: %s}}\n"
        "basic_auth_users: {%s: %s}\n",
        values[++turn % 2], alice.name, alice.hash);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(rename(next, name), 0);
    return values[turn % 2];
}

static void start_web(struct world *w)
{
    pitot_error err = {0};
    char name[32];

    set_up_little(w);
    if (!w->reg || w->web.open)
        return;
    write_config();
    snprintf(name, sizeof(name), "web-%d.yml", (int)getpid());
    w->wake_fd = eventfd(0, EFD_CLOEXEC);
    assert_true(w->wake_fd >= 0);
    const pitot_server_opts opts = {.web_config_file = name};
    if (worked(pt_web_open(&w->web, w->reg, &opts, w->wake_fd, &err), &err))
        return;
    pt_web_stop(&w->web);
    pt_web_close(&w->web);
    close(w->wake_fd);
    memset(&w->web, 0, sizeof(w->web));
}

/* The status of a right password, which the first time takes a thread. */
static int log_in(struct world *w, uint64_t now_ns)
{
    struct pt_auth_job job = {0};
    struct pollfd done = {.fd = w->wake_fd, .events = POLLIN};
    int status = pt_web_admit(&w->web, &job, 1, WONDERLAND, now_ns);

    if (status != 0)
        return status;
    assert_int_equal(poll(&done, 1, 20000), 1);
    assert_ptr_equal(pt_auth_done(&w->web.auth), &job);
    return pt_auth_finish(&w->web.auth, &job);
}

/* A change that could not be read is tried again later. */
static void use_web(struct world *w)
{
    static uint64_t later_ns;
    const uint64_t minute_ns = UINT64_C(61000000000);
    pitot_error err = {0};

    if (!w->web.open)
        return;
    const char *header = write_config();
    for (int i = 0; i < 2; i++) {
        later_ns += minute_ns;
        pt_web_poll(&w->web, pt_clock_ns() + later_ns);
    }
    worked(!pt_web_error(&w->web, &err), &err);
    there(strcmp(pt_web_header(&w->web, "X-Frame-Options"), header) == 0);
    there(log_in(w, pt_clock_ns() + later_ns) == 200);
}

static void stop_web(struct world *w)
{
    if (w->web.open) {
        pt_web_stop(&w->web);
        pt_web_close(&w->web);
        close(w->wake_fd);
    }
    free_library(w);
}

#else

static bool make_folder(void)
{
    return true;
}

static void remove_folder(void)
{
}

#endif

/* ---- One life ---- */

struct life {
    const char *name;
    void (*start)(struct world *w); /* what is missing; may be called again */
    void (*use)(struct world *w);
    void (*stop)(struct world *w);
};

static const struct life lives[] = {
    {"library", set_up, use_library, free_library},
    {"server", start_server, use_server, stop_server},
    {"impatient", start_short, use_short, stop_server},
    {"activated", start_activated, use_activated, stop_activated},
    {"listener", start_listener, use_listener, stop_listener},
#ifdef PITOT_HAS_WEB
    {"web", start_web, use_web, stop_web},
#endif
};

/* True when it has a call with that number. What was broken is used again, then taken down while
 * it is broken, and there is a next life. */
static bool live(const struct life *life, const char *site, size_t n, bool for_ever)
{
    struct world world = {0};
    int fds = count_fds();

    arm(site, n, for_ever);
    life->start(&world);
    life->use(&world);
    bool reached = is_reached(), used = reached;
    if (reached) {
        arm(NULL, 0, false);
        life->start(&world);
        life->use(&world);
        if (for_ever)
            arm(site, 1, true);
    }
    life->stop(&world);
    reached |= is_reached();
    arm(NULL, 0, false);
    fault.ended = true;
    life->start(&world);
    if (!used)
        life->use(&world);
    life->stop(&world);
    assert_int_equal(alive, 0);
    assert_int_equal(count_fds(), fds);
    return reached;
}

/* ---- All of them ---- */

static bool is_child;
static bool all_points;

struct job {
    pid_t pid;
    size_t n;
};

static struct job start_job(const struct life *life, const char *site, size_t n, bool for_ever)
{
    fflush(stdout);
    struct job job = {.pid = fork(), .n = n};

    assert_true(job.pid >= 0);
    if (job.pid > 0)
        return job;
    is_child = true;
    alarm(LIFE_SECONDS);
    exit(live(life, site, n, for_ever) ? 0 : NOT_REACHED);
}

/* Waits for it; false when there was no such point. */
static bool end_job(const struct job *job, const struct life *life, const char *site, bool for_ever)
{
    int status = -1;

    while (waitpid(job->pid, &status, 0) < 0 && errno == EINTR)
        continue;
    if (WIFEXITED(status) && (WEXITSTATUS(status) == 0 || WEXITSTATUS(status) == NOT_REACHED))
        return WEXITSTATUS(status) == 0;
    fail_msg("PITOT_FAULT=%s:%zu%s, life \"%s\": %s %d", site, job->n, for_ever ? ":forever" : "",
        life->name, WIFSIGNALED(status) ? "signal" : "exit",
        WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
    return false;
}

/* Every `step`-th point of a site, until there are no more; how many there were. */
static size_t fail_site(const struct life *life, const char *site, size_t step, bool for_ever)
{
    struct job jobs[JOBS];
    size_t first = 0, count = 0, points = 0;
    bool reached = true;

    for (size_t n = 1; reached || count > 0;) {
        if (reached && count < JOBS) {
            jobs[(first + count++) % JOBS] = start_job(life, site, n, for_ever);
            n += step;
            continue;
        }
        bool there_is = end_job(&jobs[first], life, site, for_ever);
        points += there_is;
        reached &= there_is;
        first = (first + 1) % JOBS;
        count--;
    }
    return points;
}

static void fail_everything(bool for_ever)
{
    size_t total = 0;

    for (size_t site = 0; pt_fault_name(site); site++) {
        const char *name = pt_fault_name(site);
        size_t step = strcmp(name, "alloc") == 0 && !all_points ? SAMPLE : 1, points_of_site = 0;

        for (size_t i = 0; i < COUNT(lives); i++) {
            size_t points = fail_site(&lives[i], name, step, for_ever);

            if (points > 0)
                printf("%s of %s: points=%zu\n", name, lives[i].name, points);
            points_of_site += points;
        }
        if (points_of_site == 0)
            fail_msg("no life calls %s()", name);
        total += points_of_site;
    }
    printf("%s: points=%zu\n", for_ever ? "for ever" : "once", total);
}

static void each_call_may_fail_once(void **state)
{
    (void)state;
    if (!is_child)
        fail_everything(false);
}

static void each_call_may_fail_from_some_point_on_for_ever(void **state)
{
    (void)state;
    if (!is_child)
        fail_everything(true);
}

static const struct life *again;

static void the_point_that_the_environment_names_may_fail(void **state)
{
    char site[32] = "", end[16] = "";
    unsigned long n = 0;
    const char *point = getenv("PITOT_FAULT");

    (void)state;
    assert_true(point && sscanf(point, "%31[^:]:%lu:%15s", site, &n, end) >= 2);
    assert_true(live(again, site, n, strcmp(end, "forever") == 0));
}

int main(int argc, char **argv)
{
    const pitot_allocator counting = {allocate, reallocate, release, NULL};
    const struct CMUnitTest all[] = {
        cmocka_unit_test(each_call_may_fail_once),
        cmocka_unit_test(each_call_may_fail_from_some_point_on_for_ever),
    };
    const struct CMUnitTest one[] = {
        cmocka_unit_test(the_point_that_the_environment_names_may_fail),
    };

    pitot_allocator_set(&counting);
    all_points = argc > 1 && strcmp(argv[1], "all") == 0;
    for (size_t i = 0; argc > 1 && i < COUNT(lives); i++)
        if (strcmp(lives[i].name, argv[1]) == 0)
            again = &lives[i];
    if ((argc > 1 && !all_points && !again) || !make_folder())
        return 2;
    if (argc > 2)
        cmocka_set_test_filter(strcmp(argv[2], "once") == 0 ? "*_once" : "*_for_ever");
    int failed =
        again ? cmocka_run_group_tests(one, NULL, NULL) : cmocka_run_group_tests(all, NULL, NULL);
    if (!is_child)
        remove_folder();
    return failed;
}
