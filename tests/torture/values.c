/* SPDX-License-Identifier: MIT */
/*
 * values.c -- serves what a file says, number by number and text by text.
 *
 *     values FILE
 *
 * The file is records: a letter, the size of what follows as 32 bits, and that. Numbers are 64
 * bits.
 *
 *     d  a double        a gauge is set to it
 *     u  an integer      is added to a counter of its own
 *     a  a double        is added to a counter of its own, which may refuse it
 *     t  any bytes       a label value; its gauge is set to how many texts there were before it
 *     h  no NUL          the help of a gauge
 *
 * values.py knows what has to come out. The locale is that of the environment; the first line says
 * what it has as decimal point. The end of standard input ends the program.
 */
#include "../e2e/serve.h"

#include <locale.h>
#include <stdint.h>
#include <string.h>

#define TEXT_MAX 65536
#define FAMILY_SERIES 250000 /* doubles of one family: not all in one */
#define FAMILIES 8

static pitot_gauge_vec *doubles[FAMILIES];
static pitot_counter_vec *integers, *sums;
static pitot_gauge_vec *texts;
static pitot_registry *registry;

static pitot_desc described(const char *name, const char *const *labels)
{
    return (pitot_desc){
        .name = name, .help = "Made up.", .labels = labels, .series_max = FAMILY_SERIES + 1};
}

static void make_families(void)
{
    static const char *const by_number[] = {"i", NULL};
    static const char *const by_text[] = {"text", NULL};
    pitot_error err = {0};
    pitot_desc desc;

    for (size_t i = 0; i < FAMILIES; i++) {
        char name[32];

        snprintf(name, sizeof(name), "torture_double_%zu", i);
        desc = described(name, by_number);
        doubles[i] = pitot_gauge_vec_new(registry, &err, &desc);
    }
    desc = described("torture_integers_total", by_number);
    integers = pitot_counter_vec_new(registry, &err, &desc);
    desc = described("torture_sums_total", by_number);
    sums = pitot_counter_vec_new(registry, &err, &desc);
    desc = described("torture_text", by_text);
    texts = pitot_gauge_vec_new(registry, &err, &desc);
    demand(&err);
}

static void make_helped(const char *help, unsigned long number)
{
    char name[32];

    snprintf(name, sizeof(name), "torture_help_%lu", number);
    pitot_gauge_set(
        pitot_gauge_new(registry, NULL, &(pitot_desc){.name = name, .help = help}), (double)number);
}

static void record(int kind, const char *bytes, size_t size, unsigned long number)
{
    char label[32];
    double value = 0;
    uint64_t integer = 0;

    snprintf(label, sizeof(label), "%lu", number);
    if (size == sizeof(value)) {
        memcpy(&value, bytes, sizeof(value));
        memcpy(&integer, bytes, sizeof(integer));
    }
    if (kind == 'd')
        pitot_gauge_set(pitot_gauge_with(doubles[number / FAMILY_SERIES % FAMILIES], label), value);
    else if (kind == 'u')
        pitot_counter_add_u64(pitot_counter_with(integers, label), integer);
    else if (kind == 'a')
        pitot_counter_add(pitot_counter_with(sums, label), value);
    else if (kind == 't')
        pitot_gauge_set(pitot_gauge_child_str(texts, &(pitot_str){bytes, size}, 1), (double)number);
    else
        make_helped(bytes, number);
}

static void read_all(FILE *file)
{
    static char bytes[TEXT_MAX + 1];
    static unsigned long numbers[128];
    uint32_t size;

    for (int kind; (kind = getc(file)) != EOF;) {
        if (fread(&size, sizeof(size), 1, file) != 1 || size > TEXT_MAX ||
            fread(bytes, 1, size, file) != size) {
            fprintf(stderr, "the file is broken\n");
            exit(EXIT_FAILURE);
        }
        bytes[size] = '\0';
        record(kind, bytes, size, numbers[kind & 127]++);
    }
}

int main(int argc, char **argv)
{
    FILE *file = argc > 1 ? fopen(argv[1], "rb") : NULL;

    if (!file || !setlocale(LC_ALL, "")) {
        fprintf(stderr, "no such file, or locale\n");
        return EXIT_FAILURE;
    }
    printf("decimal point: %s\n", localeconv()->decimal_point);
    registry = pitot_registry_default();
    make_families();
    read_all(file);
    fclose(file);
    pitot_server *server = serve(registry, "127.0.0.1:0");
    while (getchar() != EOF) {
    }
    pitot_server_stop(server);
    return EXIT_SUCCESS;
}
