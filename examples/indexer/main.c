/* SPDX-License-Identifier: MIT */
/*
 * main.c -- an indexer of a directory of texts, instrumented with Pitot.
 *
 * This is the example of how a program is instrumented: metrics.c describes what is measured,
 * crawl.c records it, and this file starts and stops everything. The main thread takes all signals
 * and draws the progress; when metrics cannot be served it says so once and the program runs on.
 */
#include "crawl.h"

#include <pitot/http.h>

#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define EXIT_USAGE 2

struct options {
    const char *directory;
    const char *listen;
    double run_seconds; /* 0: until a signal */
    int threads;
    uint64_t passes_max; /* 0: no end */
};

static const char usage[] =
    "Usage: indexer [OPTION]... [DIRECTORY]\n"
    "Index the words of all files below DIRECTORY (default /usr/share/doc), again and again,\n"
    "and serve metrics about it.\n"
    "\n"
    "  --web.listen-address ADDR  where to serve them: HOST:PORT, :PORT or unix:PATH\n"
    "                             (default 127.0.0.1:9464)\n"
    "  --run-for SECONDS          stop after that time (default: on Ctrl-C)\n"
    "  --threads N                worker threads (default: one per CPU)\n"
    "  --passes N                 rest after N passes, and go on serving (default: no end)\n"
    "  --help                     show this text\n"
    "  --version                  show the version\n";

static void give_up_usage(const char *option, const char *value, const char *wanted)
{
    fprintf(stderr, "indexer: --%s '%s': %s\nTry 'indexer --help'.\n", option, value, wanted);
    exit(EXIT_USAGE);
}

static long parse_whole(const char *option, const char *text, long max)
{
    char *end;

    errno = 0;
    long value = strtol(text, &end, 10);
    if (end == text || *end || errno || value < 1 || value > max) {
        char wanted[64];
        snprintf(wanted, sizeof(wanted), "a whole number from 1 to %ld is needed", max);
        give_up_usage(option, text, wanted);
    }
    return value;
}

static double parse_seconds(const char *option, const char *text)
{
    char *end;
    double value = strtod(text, &end);

    if (end == text || *end || !(value > 0) || value > 1e9)
        give_up_usage(option, text, "a number of seconds above 0 is needed");
    return value;
}

static int cpu_count(void)
{
    long count = sysconf(_SC_NPROCESSORS_ONLN);

    if (count < 1)
        return 1;
    return count < THREADS_MAX ? (int)count : THREADS_MAX;
}

static struct options parse_options(int argc, char **argv)
{
    enum { LISTEN = 1, RUN_FOR, THREADS, PASSES, HELP, VERSION };
    static const struct option table[] = {
        {"web.listen-address", required_argument, NULL, LISTEN},
        {"run-for", required_argument, NULL, RUN_FOR},
        {"threads", required_argument, NULL, THREADS},
        {"passes", required_argument, NULL, PASSES},
        {"help", no_argument, NULL, HELP},
        {"version", no_argument, NULL, VERSION},
        {0},
    };
    struct options options = {"/usr/share/doc", "127.0.0.1:9464", 0, cpu_count(), 0};
    int option;

    while ((option = getopt_long(argc, argv, "", table, NULL)) != -1) {
        switch (option) {
        case LISTEN:
            options.listen = optarg;
            break;
        case RUN_FOR:
            options.run_seconds = parse_seconds("run-for", optarg);
            break;
        case THREADS:
            options.threads = (int)parse_whole("threads", optarg, THREADS_MAX);
            break;
        case PASSES:
            options.passes_max = (uint64_t)parse_whole("passes", optarg, 1000000000);
            break;
        case HELP:
            fputs(usage, stdout);
            exit(EXIT_SUCCESS);
        case VERSION:
            printf("indexer (pitot %s)\n", pitot_version());
            exit(EXIT_SUCCESS);
        default: /* getopt has said what is wrong */
            fputs("Try 'indexer --help'.\n", stderr);
            exit(EXIT_USAGE);
        }
    }
    if (optind < argc)
        options.directory = argv[optind++];
    if (optind < argc) {
        fprintf(stderr, "indexer: '%s': only one directory\nTry 'indexer --help'.\n", argv[optind]);
        exit(EXIT_USAGE);
    }
    return options;
}

/* ---- Progress ---- */

static void print_progress(const struct crawl *crawl, double seconds, bool redraw)
{
    const struct crawl_counts *counts = &crawl->counts;
    double mb = (double)atomic_load(&counts->bytes) / 1e6;

    printf("%sindexing: %" PRIu64 " files, %.1f MB/s, %" PRId64 " words, %" PRIu64 " passes%s",
        redraw ? "\r\033[K" : "", atomic_load(&counts->files), seconds > 0 ? mb / seconds : 0,
        atomic_load(&counts->words), atomic_load(&counts->passes), redraw ? "" : "\n");
    fflush(stdout);
}

static struct timespec to_timespec(double seconds)
{
    double whole = floor(seconds);

    return (struct timespec){(time_t)whole, (long)((seconds - whole) * 1e9)};
}

/* Waits for a signal, or until the time is up, and shows progress meanwhile: often on a terminal,
 * in one line; elsewhere as a line now and then. */
static void watch(const struct crawl *crawl, const sigset_t *signals, double run_seconds)
{
    bool on_terminal = isatty(STDOUT_FILENO);
    double period = on_terminal ? 0.25 : 5;
    uint64_t start = pitot_now();

    for (;;) {
        double elapsed = pitot_seconds_since(start);
        double left = run_seconds > 0 ? run_seconds - elapsed : INFINITY;

        if (left <= 0)
            break;
        struct timespec wait = to_timespec(left < period ? left : period);
        if (sigtimedwait(signals, NULL, &wait) > 0)
            break;
        if (errno == EAGAIN && (on_terminal || left > period))
            print_progress(crawl, pitot_seconds_since(start), on_terminal);
    }
    if (on_terminal)
        putchar('\n');
}

static void print_summary(const struct crawl_counts *counts)
{
    printf("indexer: %" PRId64 " words in the index, %" PRIu64 " files skipped, %" PRIu64
           " failed\n",
        atomic_load(&counts->words), atomic_load(&counts->skipped), atomic_load(&counts->failed));
    printf("indexer: files=%" PRIu64 " bytes=%" PRIu64 " passes=%" PRIu64 "\n",
        atomic_load(&counts->files), atomic_load(&counts->bytes), atomic_load(&counts->passes));
}

/* ---- Everything together ---- */

/* Metrics first, so that everything is on the page from the first scrape; one check at the end. */
static pitot_server *start_metrics(
    struct metrics *metrics, struct crawl *crawl, const char *listen, pitot_registry *reg)
{
    pitot_error err = {0};

    metrics_init(metrics, reg, &err);
    pitot_function_add(reg, &err,
        &(pitot_function){
            .type = PITOT_GAUGE,
            .desc = {.name = "indexer_queue_length", .help = "Files that wait for a worker."},
            .read = crawl_queue_length,
            .ctx = crawl,
        });
    pitot_server *server = pitot_server_start(
        reg, &err, &(pitot_server_opts){.listen = listen, .name = "indexer", .notify_ready = true});
    if (err.code)
        fprintf(stderr, "indexer: metrics: %s\n", err.message);
    return server;
}

static int run(const struct options *options, const sigset_t *signals, struct crawl *crawl)
{
    struct metrics metrics;
    pitot_registry *reg = pitot_registry_default();
    pitot_server *server = start_metrics(&metrics, crawl, options->listen, reg);

    if (server && pitot_server_port(server))
        printf("Serving metrics on %s/metrics\n", pitot_server_url(server));
    else if (server) /* a unix socket is no prefix of a URL */
        printf("Serving metrics on %s\n", pitot_server_url(server));
    printf("Indexing %s with %d thread%s\n", options->directory, options->threads,
        options->threads == 1 ? "" : "s");
    fflush(stdout);

    int failure = crawl_start(crawl, &metrics, options->threads, options->passes_max);
    if (!failure)
        watch(crawl, signals, options->run_seconds);
    crawl_stop(crawl);
    pitot_server_stop(server); /* now nobody scrapes any more, and the function's crawl may go */
    pitot_unregister(reg, NULL, "indexer_queue_length");
    if (failure) {
        fprintf(stderr, "indexer: cannot start threads: %s\n", strerror(failure));
        return EXIT_FAILURE;
    }
    print_summary(&crawl->counts);
    return EXIT_SUCCESS;
}

int main(int argc, char **argv)
{
    static struct crawl crawl;
    struct options options = parse_options(argc, argv);
    sigset_t signals;

    /* Blocked in every thread that is started from here on; watch() takes them. */
    sigemptyset(&signals);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &signals, NULL);

    int failure = crawl_open(&crawl, options.directory);
    int result = EXIT_FAILURE;
    if (failure)
        fprintf(stderr, "indexer: %s: %s\n", options.directory, strerror(failure));
    else
        result = run(&options, &signals, &crawl);
    if (crawl.root_fd >= 0)
        crawl_close(&crawl);
    return result;
}
