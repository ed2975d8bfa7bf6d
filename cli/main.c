/* SPDX-License-Identifier: MIT */
/*
 * main.c -- pitot, the command: look at a page of metrics.
 *
 * A verb and its options; each verb is one file. It writes what was asked for to the standard
 * output and what went wrong to the standard error. A closed pipe ends the output and changes
 * nothing else: `pitot check page | head` still says whether the page is valid.
 */
#include "verbs.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const struct verb verbs[] = {
    {"check", "say whether pages are valid, and name every error", "[FILE|URL]...",
        "Say whether each page is valid, with every error as FILE:LINE:COLUMN: MESSAGE.\n"
        "Several pages are taken for one process, the oldest first, and each is also compared\n"
        "with the one before: what counts must not go back, buckets must stay as they are.\n",
        check_run, SIZE_MAX},
    {"lint", "say what would be better: names, units, labels, cardinality", "[FILE|URL]...",
        "Say what would be better about metrics: by the rules of promlint, in its words, and by\n"
        "advice about cardinality, labels and units. The rule is in brackets.\n",
        lint_run, SIZE_MAX},
    {"convert", "write a page in another format", "--to F [FILE|URL]",
        "Write the page in another format, and name on standard error what is lost.\n", convert_run,
        1},
    {"scrape", "get a page like a Prometheus does, and time it", "URL",
        "Get a page like a Prometheus does, print it, and say on standard error how it went.\n",
        scrape_run, 1},
};

#define VERB_COUNT (sizeof(verbs) / sizeof(*verbs))

static void print_help(FILE *out)
{
    fputs("Usage: pitot VERB [OPTION]... [FILE|URL]...\n"
          "Look at a page of metrics, in any format of Prometheus or OpenMetrics.\n\n",
        out);
    for (size_t i = 0; i < VERB_COUNT; i++)
        fprintf(out, "  %-10s %s\n", verbs[i].name, verbs[i].summary);
    fputs("\nWithout a FILE or URL, or with -, the page comes from standard input.\n"
          "The status is 0 when all is well, 1 when not, 2 for a wrong command, 3 for findings of\n"
          "lint. 'pitot VERB --help' has the options, pitot(1) and pitot-VERB(1) the rest.\n",
        out);
}

static const struct verb *verb_of(const char *name)
{
    for (size_t i = 0; i < VERB_COUNT; i++)
        if (strcmp(verbs[i].name, name) == 0)
            return &verbs[i];
    return NULL;
}

static int refuse(const char *name)
{
    const char *names[VERB_COUNT + 3] = {"--help", "--version"};

    for (size_t i = 0; i < VERB_COUNT; i++)
        names[i + 2] = verbs[i].name;
    const char *nearest = options_nearest(name, names);
    fprintf(stderr, "pitot: '%s': there is no such %s", name, name[0] == '-' ? "option" : "verb");
    if (nearest)
        fprintf(stderr, "; did you mean '%s'?", nearest);
    fputs("\nTry 'pitot --help'.\n", stderr);
    return EXIT_USAGE;
}

/* The error may be long past and its errno gone, but a pipe without a reader stays one. */
static bool is_closed_pipe(int fd)
{
    struct pollfd pipe = {.fd = fd, .events = POLLOUT};

    return poll(&pipe, 1, 0) == 1 && (pipe.revents & POLLERR);
}

/* What has been printed must also arrive, unless nobody wants it any more. */
static int finish(int status)
{
    errno = 0;
    bool lost = fflush(stdout) != 0 || ferror(stdout);
    const char *reason = errno ? strerror(errno) : "some of it is lost";
    if (!lost || is_closed_pipe(STDOUT_FILENO))
        return status;
    fprintf(stderr, "pitot: cannot write the output: %s\n", reason);
    return EXIT_BAD;
}

static int run_verb(const struct verb *verb, int argc, char **argv)
{
    struct options options = options_parse(verb, argc, argv);

    return verb->run(&options);
}

int main(int argc, char **argv)
{
    signal(SIGPIPE, SIG_IGN);
    if (argc < 2) {
        print_help(stderr);
        return EXIT_USAGE;
    }
    const char *name = argv[1];
    if (strcmp(name, "--version") == 0) {
        printf("pitot %s\n", pitot_version());
        return finish(EXIT_GOOD);
    }
    if (strcmp(name, "help") == 0 && argc > 2 && verb_of(argv[2])) {
        char help[] = "--help";
        char *arguments[] = {argv[0], help, NULL};
        return run_verb(verb_of(argv[2]), 2, arguments);
    }
    if (strcmp(name, "--help") == 0 || strcmp(name, "help") == 0) {
        print_help(stdout);
        return finish(EXIT_GOOD);
    }
    const struct verb *verb = verb_of(name);
    return verb ? finish(run_verb(verb, argc - 1, argv + 1)) : refuse(name);
}
