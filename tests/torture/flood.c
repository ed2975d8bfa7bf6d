/* SPDX-License-Identifier: MIT */
/*
 * flood.c -- label values that collide, for whoever does not know the key of the hash.
 *
 *     flood KEYS
 *
 * An attacker who has read the hash makes values that all fall into one slot of a table, for a key
 * of zeros, and for the key that the library makes of them. They must cost what values at random
 * cost: the library's key is 128 random bits. Prints, for each kind, nanoseconds for making a
 * series and for finding it, the best of several rounds; and the same where the attacker is right
 * about the key, which shows that the attack is one.
 */
#include "../e2e/serve.h"

#include "../../src/base/hash.h" /* an attacker has read it */

#include <sys/random.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define SIZE 16
#define ROUNDS 5
#define LOW_BITS 0xfffu /* equal in all: one slot of 4,096, or of each segment that has fewer */

typedef char text[SIZE + 1];

struct kind {
    const char *name;
    const struct pt_hash_key *key; /* what the attacker takes for the key; none: any values */
    text *values;
    uint64_t made_ns, found_ns;
};

static uint64_t now_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static bool entropy = true;

/* In place of libc's: what the library would have for a key without any entropy. */
ssize_t getrandom(void *buffer, size_t size, unsigned flags)
{
    if (entropy)
        return syscall(SYS_getrandom, buffer, size, flags);
    memset(buffer, 0, size);
    return (ssize_t)size;
}

static uint64_t hash_of(struct pt_hash_key key, const char *value)
{
    return pt_hash_end(key, pt_hash_add(key, key.a, value, SIZE));
}

/* Values whose hash under the key of their kind ends in zeros. */
static void make_values(struct kind *kind, size_t count)
{
    uint64_t tried = 0;

    kind->values = calloc(count, sizeof(text));
    if (!kind->values)
        exit(EXIT_FAILURE);
    for (size_t made = 0; made < count; tried++) {
        char *value = kind->values[made];
        uint64_t bits = tried * UINT64_C(0x9e3779b97f4a7c15);
        for (int i = 0; i < SIZE; i++, bits >>= 4)
            value[i] = "0123456789abcdef"[bits & 15];
        if (!kind->key || (hash_of(*kind->key, value) & LOW_BITS) == 0)
            made++;
    }
}

static uint64_t touch_all(pitot_counter_vec *vec, const struct kind *kind, size_t count)
{
    uint64_t begin = now_ns();

    for (size_t i = 0; i < count; i++) {
        const char *values[] = {kind->values[i]};
        pitot_counter_inc(pitot_counter_child(vec, values, 1));
    }
    return now_ns() - begin;
}

static void measure(struct kind *kind, size_t count)
{
    pitot_error err = {0};
    pitot_registry *reg = pitot_registry_new(&err);
    pitot_counter_vec *vec = pitot_counter_vec_new(reg, &err,
        &(pitot_desc){.name = "f_total",
            .help = "F.",
            .labels = PITOT_LABELS("key"),
            .series_max = (uint32_t)count});

    demand(&err);
    uint64_t made = touch_all(vec, kind, count);
    uint64_t found = touch_all(vec, kind, count);
    pitot_registry_free(reg);
    kind->made_ns = made < kind->made_ns ? made : kind->made_ns;
    kind->found_ns = found < kind->found_ns ? found : kind->found_ns;
}

int main(int argc, char **argv)
{
    const struct pt_hash_key zeros = {0, 0};
    const struct pt_hash_key made = {0x0100000000000001u, 0x0100000000000001u};
    size_t count = argc > 1 ? strtoul(argv[1], NULL, 10) : 5000;
    struct kind kinds[] = {
        {"random", NULL, NULL, UINT64_MAX, UINT64_MAX},
        {"zeros", &zeros, NULL, UINT64_MAX, UINT64_MAX},
        {"made_of_zeros", &made, NULL, UINT64_MAX, UINT64_MAX},
        {"known", &made, NULL, UINT64_MAX, UINT64_MAX}, /* the key really is that one */
    };
    const size_t kind_count = sizeof(kinds) / sizeof(kinds[0]);

    for (size_t i = 0; i < kind_count; i++)
        make_values(&kinds[i], count);
    for (size_t i = 0; i < ROUNDS * kind_count; i++) {
        entropy = i % kind_count != kind_count - 1;
        measure(&kinds[i % kind_count], count);
    }
    for (size_t i = 0; i < kind_count; i++) {
        printf("%s: make_ns=%.1f find_ns=%.1f\n", kinds[i].name,
            (double)kinds[i].made_ns / (double)count, (double)kinds[i].found_ns / (double)count);
        free(kinds[i].values);
    }
    return EXIT_SUCCESS;
}
