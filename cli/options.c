/* SPDX-License-Identifier: MIT */
/*
 * options.c -- what the command line said.
 *
 * `rows` is the one table: getopt, --help and the hints are made from it. A verb refuses the
 * options of other verbs like unknown ones.
 */
#include "options.h"

#include "format_name.h"

#include <errno.h>
#include <getopt.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MEMORY_MAX_DEFAULT ((uint64_t)1 << 30)
#define TIMEOUT_DEFAULT_S 10 /* Prometheus' own */
#define VALUES_MAX_DEFAULT 100
#define HINT_DISTANCE_MAX 3
#define NAME_MAX_FOR_HINT 40

enum { CHECK = 1, LINT = 2, CONVERT = 4, SCRAPE = 8, ALL = 15 };

enum option_id {
    OPTION_FORMAT,
    OPTION_FROM,
    OPTION_TO,
    OPTION_ESCAPING,
    OPTION_CREATED,
    OPTION_LENIENT,
    OPTION_APART,
    OPTION_MAX_PROBLEMS,
    OPTION_ONLY,
    OPTION_WITH,
    OPTION_WITHOUT,
    OPTION_MAX_SERIES,
    OPTION_MAX_VALUES,
    OPTION_LIMITS, /* LIMIT_COUNT of them */
    OPTION_ACCEPT = OPTION_LIMITS + LIMIT_COUNT,
    OPTION_HEADER,
    OPTION_TIMEOUT,
    OPTION_CA_FILE,
    OPTION_MEMORY_MAX,
    OPTION_RAW,
    OPTION_QUIET,
    OPTION_JSON,
    OPTION_HELP,
    OPTION_VERSION,
    OPTION_COUNT
};

static const struct {
    const char *name, *argument, *help;
    int verbs;
} rows[OPTION_COUNT] = {
    [OPTION_FORMAT] = {"format", "F", "the page is in format F, whatever it looks like", ALL},
    [OPTION_FROM] = {"from", "F", "the same as --format", CONVERT},
    [OPTION_TO] = {"to", "F", "the format to write", CONVERT | SCRAPE},
    [OPTION_ESCAPING] = {"escaping", "SCHEME", "what becomes of names like a.b", CONVERT | SCRAPE},
    [OPTION_CREATED] = {"created", NULL, "OpenMetrics 1: write _created samples", CONVERT | SCRAPE},
    [OPTION_LENIENT] = {"lenient", NULL, "take what can be understood", ALL},
    [OPTION_APART] = {"apart", NULL, "do not compare each page with the one before", CHECK},
    [OPTION_MAX_PROBLEMS] = {"max-problems", "N", "stop reading a page after N problems", ALL},
    [OPTION_ONLY] = {"only", "RULES", "nothing but these rules or groups of rules", LINT},
    [OPTION_WITH] = {"with", "RULES", "these too: target-label, vague-label", LINT},
    [OPTION_WITHOUT] = {"without", "RULES", "all but these", LINT},
    [OPTION_MAX_SERIES] = {"max-series", "N", "series of one metric (default 1000)", LINT},
    [OPTION_MAX_VALUES] = {"max-values", "N", "values of one label (default 100)", LINT},
    [OPTION_LIMITS + LIMIT_BODY_SIZE] = {"body-size-limit", "SIZE", "as in a Prometheus", LINT},
    [OPTION_LIMITS + LIMIT_SAMPLE] = {"sample-limit", "N", "as in a Prometheus", LINT},
    [OPTION_LIMITS + LIMIT_LABEL] = {"label-limit", "N", "as in a Prometheus", LINT},
    [OPTION_LIMITS +
        LIMIT_LABEL_NAME_LENGTH] = {"label-name-length-limit", "N", "as in a Prometheus", LINT},
    [OPTION_LIMITS +
        LIMIT_LABEL_VALUE_LENGTH] = {"label-value-length-limit", "N", "as in a Prometheus", LINT},
    [OPTION_LIMITS + LIMIT_NATIVE_HISTOGRAM_BUCKET] = {"native-histogram-bucket-limit", "N",
        "as in a Prometheus", LINT},
    [OPTION_ACCEPT] = {"accept", "F|HEADER", "ask a URL for this format or media types", ALL},
    [OPTION_HEADER] = {"header", "'NAME: VALUE'", "send this header to a URL, too", ALL},
    [OPTION_TIMEOUT] = {"timeout", "SECONDS", "give a URL up after that time (default 10)", ALL},
    [OPTION_CA_FILE] = {"ca-file", "FILE", "trust these certificates and no others", ALL},
    [OPTION_MEMORY_MAX] = {"memory-max", "SIZE", "memory for one page (default 1G)", ALL},
    [OPTION_RAW] = {"raw", NULL, "print the page byte for byte", SCRAPE},
    [OPTION_QUIET] = {"quiet", NULL, "print what is wrong and nothing else", CHECK | SCRAPE},
    [OPTION_JSON] = {"json", NULL, "report in JSON", ALL},
    [OPTION_HELP] = {"help", NULL, "show this text", ALL},
    [OPTION_VERSION] = {"version", NULL, "show the version", ALL},
};

static int bit_of(const struct verb *verb)
{
    static const char *const names[] = {"check", "lint", "convert", "scrape"};

    for (int i = 0; i < 4; i++)
        if (strcmp(names[i], verb->name) == 0)
            return 1 << i;
    return 0;
}

/* ---- Help and hints ---- */

static void print_help(const struct verb *verb)
{
    printf("Usage: pitot %s [OPTION]... %s\n%s\n", verb->name, verb->operands, verb->text);
    for (int i = 0; i < OPTION_COUNT; i++) {
        char left[64];
        if (!(rows[i].verbs & bit_of(verb)))
            continue;
        snprintf(left, sizeof(left), "--%s%s%s", rows[i].name, rows[i].argument ? " " : "",
            rows[i].argument ? rows[i].argument : "");
        printf("  %-34s %s\n", left, rows[i].help);
    }
    printf("\nA URL is http://..., https://..., HOST:PORT (its /metrics) or unix:PATH.\n"
           "F is %s.\n",
        FORMAT_NAMES);
}

/* How many letters must be put in, left out or changed to make one of the other. */
static size_t distance(const char *a, const char *b)
{
    size_t row[NAME_MAX_FOR_HINT + 1], b_size = strlen(b);

    if (strlen(a) > NAME_MAX_FOR_HINT || b_size > NAME_MAX_FOR_HINT)
        return SIZE_MAX;
    for (size_t j = 0; j <= b_size; j++)
        row[j] = j;
    for (size_t i = 0; a[i]; i++) {
        size_t diagonal = row[0];
        row[0] = i + 1;
        for (size_t j = 0; j < b_size; j++) {
            size_t changed = diagonal + (a[i] != b[j]);
            diagonal = row[j + 1];
            size_t shorter = (diagonal < row[j] ? diagonal : row[j]) + 1;
            row[j + 1] = changed < shorter ? changed : shorter;
        }
    }
    return row[b_size];
}

const char *options_nearest(const char *name, const char *const *names)
{
    size_t least = HINT_DISTANCE_MAX + 1;
    const char *nearest = NULL;

    for (; *names; names++) {
        size_t changes = distance(name, *names);
        if (changes < least && changes < strlen(*names)) {
            least = changes;
            nearest = *names;
        }
    }
    return nearest;
}

static _Noreturn void give_up(
    const struct verb *verb, const char *what, const char *value, const char *reason)
{
    fprintf(stderr, "pitot %s: %s '%s': %s\nTry 'pitot %s --help'.\n", verb->name, what, value,
        reason, verb->name);
    exit(EXIT_USAGE);
}

static _Noreturn void give_up_unknown(const struct verb *verb, const char *argument)
{
    const char *names[OPTION_COUNT + 1];
    size_t count = 0;
    char name[NAME_MAX_FOR_HINT + 1], reason[80] = "there is no such option";
    const char *start = argument + strspn(argument, "-");

    snprintf(name, sizeof(name), "%.*s", (int)strcspn(start, "="), start);
    for (int i = 0; i < OPTION_COUNT; i++)
        if (rows[i].verbs & bit_of(verb))
            names[count++] = rows[i].name;
    names[count] = NULL;
    const char *nearest = options_nearest(name, names);
    if (nearest)
        snprintf(reason, sizeof(reason), "there is no such option; did you mean --%s?", nearest);
    give_up(verb, "option", argument, reason);
}

/* ---- Values ---- */

static uint64_t parse_whole(const struct verb *verb, const char *what, const char *text)
{
    char *end;

    errno = 0;
    unsigned long long value = strtoull(text, &end, 10);
    if (*text < '0' || *text > '9' || *end || errno || value == 0)
        give_up(verb, what, text, "a whole number above 0 is needed");
    return value;
}

static uint64_t parse_size(const struct verb *verb, const char *what, const char *text)
{
    static const char units[] = "KMGT";
    char *end;

    errno = 0;
    unsigned long long value = strtoull(text, &end, 10);
    const char *unit = *end ? strchr(units, *end) : NULL;
    unsigned shift = unit ? 10 * (unsigned)(unit - units + 1) : 0;
    if (*text < '0' || *text > '9' || errno || value == 0 || (*end && (!unit || end[1])) ||
        value > UINT64_MAX >> shift)
        give_up(verb, what, text, "a size like 64M or 1G is needed");
    return (uint64_t)value << shift;
}

static double parse_seconds(const struct verb *verb, const char *text)
{
    char *end;
    double value = strtod(text, &end);

    if (end == text || *end || !isfinite(value) || value < 0.001 || value > 1e6)
        give_up(verb, "--timeout", text, "a number of seconds above 0 is needed");
    return value;
}

static pitot_format parse_format(const struct verb *verb, const char *what, const char *text)
{
    pitot_format format;

    if (!format_of_name(text, &format))
        give_up(verb, what, text, "the formats are " FORMAT_NAMES);
    return format;
}

static void add_header(const struct verb *verb, struct options *options, const char *header)
{
    const char *colon = strchr(header, ':');

    if (!colon || colon == header || strpbrk(header, "\r\n"))
        give_up(verb, "--header", header, "a header is 'NAME: VALUE'");
    if (options->header_count == HEADERS_MAX)
        give_up(verb, "--header", header, "too many headers");
    options->headers[options->header_count++] = header;
}

/* ---- Options ---- */

static void take_flag(struct options *options, int id)
{
    bool *const flags[OPTION_COUNT] = {
        [OPTION_CREATED] = &options->created,
        [OPTION_LENIENT] = &options->lenient,
        [OPTION_APART] = &options->apart,
        [OPTION_RAW] = &options->raw,
        [OPTION_QUIET] = &options->quiet,
        [OPTION_JSON] = &options->json,
    };

    if (flags[id])
        *flags[id] = true;
}

static void take_number(const struct verb *verb, struct options *options, int id, const char *text)
{
    uint64_t *numbers[OPTION_COUNT] = {
        [OPTION_MAX_PROBLEMS] = &options->problems_max,
        [OPTION_MAX_SERIES] = &options->series_max,
        [OPTION_MAX_VALUES] = &options->values_max,
        [OPTION_MEMORY_MAX] = &options->memory_max,
    };
    char what[48];

    snprintf(what, sizeof(what), "--%s", rows[id].name);
    for (int i = 0; i < LIMIT_COUNT; i++)
        numbers[OPTION_LIMITS + i] = &options->limits[i];
    if (numbers[id])
        *numbers[id] = strcmp(rows[id].argument, "SIZE") == 0 ? parse_size(verb, what, text)
                                                              : parse_whole(verb, what, text);
}

static void take_text(const struct verb *verb, struct options *options, int id, const char *text)
{
    switch (id) {
    case OPTION_FORMAT:
    case OPTION_FROM:
        options->format = parse_format(verb, id == OPTION_FROM ? "--from" : "--format", text);
        options->has_format = true;
        break;
    case OPTION_TO:
        options->to = parse_format(verb, "--to", text);
        options->has_to = true;
        break;
    case OPTION_ESCAPING:
        if (!escaping_of_name(text, &options->escaping))
            give_up(verb, "--escaping", text, "the schemes are " ESCAPING_NAMES);
        options->has_escaping = true;
        break;
    case OPTION_ACCEPT:
        if (strpbrk(text, "\r\n") || strlen(text) > ACCEPT_SIZE_MAX)
            give_up(verb, "--accept", text, "one line of at most 2000 bytes is needed");
        options->accept = text;
        break;
    case OPTION_HEADER:
        add_header(verb, options, text);
        break;
    case OPTION_TIMEOUT:
        options->timeout_s = parse_seconds(verb, text);
        break;
    case OPTION_CA_FILE:
        options->ca_file = text;
        break;
    case OPTION_ONLY:
        options->only = text;
        break;
    case OPTION_WITH:
        options->with = text;
        break;
    case OPTION_WITHOUT:
        options->without = text;
        break;
    default:
        take_number(verb, options, id, text);
    }
}

static void take(const struct verb *verb, struct options *options, int id, const char *text)
{
    if (id == OPTION_HELP) {
        print_help(verb);
        exit(EXIT_GOOD);
    }
    if (id == OPTION_VERSION) {
        printf("pitot %s\n", pitot_version());
        exit(EXIT_GOOD);
    }
    if (text)
        take_text(verb, options, id, text);
    else
        take_flag(options, id);
}

struct options options_parse(const struct verb *verb, int argc, char **argv)
{
    struct options options = {.verb = verb->name,
        .memory_max = MEMORY_MAX_DEFAULT,
        .timeout_s = TIMEOUT_DEFAULT_S,
        .series_max = PITOT_SERIES_MAX_DEFAULT,
        .values_max = VALUES_MAX_DEFAULT};
    struct option table[OPTION_COUNT + 1] = {0};
    int ids[OPTION_COUNT], count = 0, index = 0, found;

    for (int i = 0; i < OPTION_COUNT; i++) {
        if (!(rows[i].verbs & bit_of(verb)))
            continue;
        table[count].name = rows[i].name;
        table[count].has_arg = rows[i].argument ? required_argument : no_argument;
        ids[count++] = i;
    }
    opterr = 0;
    while ((found = getopt_long(argc, argv, ":", table, &index)) != -1) {
        if (found == ':')
            give_up(verb, "option", argv[optind - 1], "its value is missing");
        char letter[] = {'-', (char)optopt, '\0'}; /* 0: it was a long one */
        if (found == '?')
            give_up_unknown(verb, optopt > 0 && optopt < 128 ? letter : argv[optind - 1]);
        take(verb, &options, ids[index], optarg);
    }
    options.arguments = argv + optind;
    options.argument_count = (size_t)(argc - optind);
    if (options.argument_count > verb->arguments_max)
        give_up(verb, "argument", options.arguments[verb->arguments_max], "one too many");
    return options;
}
