/* SPDX-License-Identifier: MIT */
/* family_test.c -- finding a child: what only somebody who knows the hash can provoke. */
#include "instrument/family.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define TRIES 20000000

static uint64_t hash_of(const pitot_registry *reg, const pitot_str values[2])
{
    uint64_t hash = pt_hash_add(reg->hash_key, reg->hash_key.a, values[0].at, values[0].size);

    hash = pt_hash_add(reg->hash_key, hash, values[1].at, values[1].size);
    return pt_hash_end(reg->hash_key, hash);
}

/*
 * Two label sets whose blocks are of one size, and differ only where the prefix of the second label
 * stands: a="N" b="yyyyyyy" and a="N",b=" b="yyy". Tried until the hashes agree in all that the
 * table looks at, their 16 bits of tag and the slot.
 */
static void an_equal_hash_is_never_taken_for_an_equal_label_set(void **state)
{
    char first[32], second[40];
    pitot_str a[2] = {{first, 0}, {"yyyyyyy", 7}}, b[2] = {{second, 0}, {"yyy", 3}};
    pitot_registry *reg = pitot_registry_new(NULL);
    struct pt_family *family = (struct pt_family *)pitot_counter_vec_new(
        reg, NULL, &(pitot_desc){.name = "x", .help = "H.", .labels = PITOT_LABELS("a", "b")});
    bool agree = false;
    (void)state;
    assert_non_null(family);

    for (int i = 0; !agree && i < TRIES; i++) {
        a[0].size = (size_t)snprintf(first, sizeof(first), "%d", i);
        b[0].size = (size_t)snprintf(second, sizeof(second), "%d\",b=", i);
        uint64_t difference = hash_of(reg, a) ^ hash_of(reg, b);
        agree = (difference & 0xffff0007) == 0;
    }
    assert_true(agree);
    struct pt_series *of_a = pt_family_child_str(family, a, 2);
    struct pt_series *of_b = pt_family_child_str(family, b, 2);

    assert_non_null(of_a);
    assert_non_null(of_b);
    assert_ptr_not_equal(of_a, of_b);
    pitot_registry_free(reg);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_equal_hash_is_never_taken_for_an_equal_label_set),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
