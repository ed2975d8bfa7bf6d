/* SPDX-License-Identifier: MIT */
/*
 * electrs_metrics.c -- the metrics.rs of electrs (an Electrum server in Rust), on Pitot.
 *
 *     electrs_metrics [ADDRESS [SECONDS]]
 *
 * The same facade and the same names, so that dashboards made for electrs keep working. What
 * differs: a failure is a message, not a panic; it can be stopped; memory and open files are read
 * right.
 */
#include <pitot/export.h>
#include <pitot/http.h>

#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

struct metrics {
    const char *addr;
    pitot_registry *reg;
    pitot_server *server;
    pitot_error err; /* the first failure of everything below */
};

static struct metrics metrics_new(const char *addr)
{
    struct metrics m = {.addr = addr};

    m.reg = pitot_registry_new(&m.err);
    return m;
}

static pitot_counter *counter(struct metrics *m, const char *name, const char *help)
{
    return pitot_counter_new(m->reg, &m->err, &(pitot_desc){.name = name, .help = help});
}

static pitot_counter_vec *counter_vec(
    struct metrics *m, const char *name, const char *help, const char *const *labels)
{
    return pitot_counter_vec_new(
        m->reg, &m->err, &(pitot_desc){.name = name, .help = help, .labels = labels});
}

static pitot_gauge *gauge(struct metrics *m, const char *name, const char *help)
{
    return pitot_gauge_new(m->reg, &m->err, &(pitot_desc){.name = name, .help = help});
}

#define float_gauge gauge /* every gauge is a double, and exact for integers to 2^53 */

static pitot_gauge_vec *gauge_vec(
    struct metrics *m, const char *name, const char *help, const char *const *labels)
{
    return pitot_gauge_vec_new(
        m->reg, &m->err, &(pitot_desc){.name = name, .help = help, .labels = labels});
}

static pitot_histogram *histogram(struct metrics *m, const char *name, const char *help)
{
    return pitot_histogram_new(m->reg, &m->err, &(pitot_desc){.name = name, .help = help});
}

static pitot_histogram_vec *histogram_vec(
    struct metrics *m, const char *name, const char *help, const char *const *labels)
{
    return pitot_histogram_vec_new(
        m->reg, &m->err, &(pitot_desc){.name = name, .help = help, .labels = labels});
}

static bool write_text(void *file, const char *bytes, size_t size)
{
    return fwrite(bytes, 1, size, file) == size;
}

/* The page as text, to be freed; NULL on failure. */
static char *gather(struct metrics *m)
{
    char *text = NULL;
    size_t size;
    FILE *file = open_memstream(&text, &size);
    pitot_snapshot *snap = pitot_snapshot_take(m->reg, &m->err);
    bool good = file && pitot_encode(snap, PITOT_FORMAT_TEXT, write_text, file, &m->err);

    pitot_snapshot_free(snap);
    if ((!file || fclose(file) == 0) && good)
        return text;
    free(text);
    return NULL;
}

/* ---- The process, every 5 seconds ---- */

static void emit(pitot_sink *sink, const char *name, const char *help, double value)
{
    pitot_sink_family(sink, PITOT_GAUGE, &(pitot_desc){.name = name, .help = help});
    pitot_sink_sample(sink, value);
}

/* From statm, which unlike stat does not have the program's name, blanks and all, among its fields.
 */
static bool read_rss(double *bytes)
{
    FILE *file = fopen("/proc/self/statm", "re");
    long pages = 0;
    bool good = file && fscanf(file, "%*d %ld", &pages) == 1;

    if (file)
        fclose(file);
    *bytes = (double)pages * (double)sysconf(_SC_PAGESIZE);
    return good;
}

static bool count_fds(double *count)
{
    DIR *directory = opendir("/proc/self/fd");

    if (!directory)
        return false;
    *count = -3; /* ".", ".." and the directory's own */
    while (readdir(directory))
        *count += 1;
    closedir(directory);
    return true;
}

static void collect_process(pitot_sink *sink, void *ctx)
{
    double rss, fds;
    struct rusage usage;

    (void)ctx;
    if (!read_rss(&rss) || !count_fds(&fds) || getrusage(RUSAGE_SELF, &usage) != 0) {
        pitot_sink_fail(sink, "cannot read /proc/self"); /* off the page until it works, counted */
        return;
    }
    emit(sink, "process_memory_rss", "Resident memory size [bytes]", rss);
    emit(sink, "process_fs_fds", "# of file descriptors", fds);
    pitot_sink_family(sink, PITOT_GAUGE,
        &(pitot_desc){
            .name = "process_cpu_usage",
            .help = "CPU usage by this process [seconds]",
            .labels = PITOT_LABELS("type"),
        });
    pitot_sink_sample(
        sink, (double)usage.ru_utime.tv_sec + (double)usage.ru_utime.tv_usec / 1e6, "utime");
}

static bool start(struct metrics *m)
{
    const pitot_collector process = {
        .name = "process", .collect = collect_process, .period_ms = 5000};

    m->server = pitot_server_start(m->reg, &m->err, &(pitot_server_opts){.listen = m->addr});
    return m->server && pitot_collector_add(m->reg, &m->err, &process);
}

static void stop(struct metrics *m)
{
    pitot_server_stop(m->server);
    pitot_registry_free(m->reg);
}

/* ---- A program that uses it: it starts first and registers later, as electrs does ---- */

static void run(struct metrics *m, const sigset_t *signals, double seconds)
{
    pitot_histogram_vec *rpcs =
        histogram_vec(m, "daemon_rpc", "Bitcoind RPC latency (in seconds)", PITOT_LABELS("method"));
    pitot_histogram *rpc = pitot_histogram_with(rpcs, "getblockcount");
    pitot_counter_vec *results = counter_vec(m, "daemon_rpc_proxied",
        "Daemon RPCs made on behalf of API clients (by result)", PITOT_LABELS("result"));
    pitot_counter *proxied = pitot_counter_with(results, "ok");
    pitot_gauge_vec *counts = gauge_vec(
        m, "mempool_count", "# of elements currently at the mempool", PITOT_LABELS("type"));
    pitot_gauge *txs = pitot_gauge_with(counts, "txs");
    pitot_gauge *tip = gauge(m, "tip_height", "Current chain tip height");
    pitot_gauge *clients = gauge(m, "electrum_clients", "# of Electrum clients");
    pitot_gauge *fee = float_gauge(m, "mempool_fee", "Lowest fee rate that gets in (sat/vB)");
    pitot_counter *blocks = counter(m, "electrs_index_blocks", "# of indexed blocks");
    pitot_histogram *sizes = histogram(m, "electrs_parse_bytes_read", "# of bytes read");
    uint64_t begin = pitot_now();

    if (m->err.code)
        fprintf(stderr, "metrics: %s\n", m->err.message); /* and run on without what failed */
    while (seconds <= 0 || pitot_seconds_since(begin) < seconds) {
        PITOT_TIME_SCOPE(rpc);
        pitot_counter_inc(proxied);
        pitot_counter_inc(blocks);
        pitot_gauge_inc(tip);
        pitot_gauge_set(txs, 4321);
        pitot_gauge_set(clients, 2);
        pitot_gauge_set(fee, 1.5);
        pitot_histogram_observe(sizes, 0.25);
        if (sigtimedwait(signals, NULL, &(struct timespec){.tv_nsec = 100000000}) > 0)
            break;
    }
}

int main(int argc, char **argv)
{
    struct metrics m = metrics_new(argc > 1 ? argv[1] : "127.0.0.1:4224");
    sigset_t signals;

    sigemptyset(&signals);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGTERM);
    sigprocmask(SIG_BLOCK, &signals, NULL); /* run() takes them */
    if (start(&m))
        printf("Serving metrics on %s/metrics\n", pitot_server_url(m.server));
    fflush(stdout);
    run(&m, &signals, argc > 2 ? atof(argv[2]) : 0);

    char *text = gather(&m); /* the last numbers, which no scrape may have seen */
    fputs(text ? text : "", stdout);
    free(text);
    stop(&m);
    return EXIT_SUCCESS;
}
