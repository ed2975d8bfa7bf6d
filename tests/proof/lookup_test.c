/* SPDX-License-Identifier: MIT */
/*
 * lookup_test.c -- the child that is found is the right one, finding it allocates nothing, and a
 * call site that remembers its child remembers no other.
 */
#include "proof.h"

/* ---- An allocator that counts ---- */

static _Atomic(uint64_t) allocations;

static void *count_allocate(void *ctx, size_t size)
{
    (void)ctx;
    atomic_fetch_add(&allocations, 1);
    return malloc(size);
}

static void *count_reallocate(void *ctx, void *block, size_t size)
{
    (void)ctx;
    atomic_fetch_add(&allocations, 1);
    return realloc(block, size);
}

static void count_release(void *ctx, void *block)
{
    (void)ctx;
    free(block);
}

static int set_up(void **state)
{
    (void)state;
    pitot_allocator_set(&(pitot_allocator){
        .allocate = count_allocate, .reallocate = count_reallocate, .release = count_release});
    return 0;
}

static pitot_counter_vec *new_vec(pitot_registry *reg, const char *name)
{
    pitot_counter_vec *vec = pitot_counter_vec_new(reg, NULL,
        &(pitot_desc){.name = name,
            .help = "H.",
            .labels = PITOT_LABELS("method", "status"),
            .series_max = 100000});

    assert_non_null(vec);
    return vec;
}

static pitot_counter *child(pitot_counter_vec *vec, const char *method, const char *status)
{
    return pitot_counter_child(vec, (const char *const[]){method, status}, 2);
}

static void looking_existing_children_up_allocates_nothing(void **state)
{
    pitot_registry *reg = new_registry();
    pitot_counter_vec *vec = new_vec(reg, "x_total");
    pitot_histogram_vec *histograms = pitot_histogram_vec_new(
        reg, NULL, &(pitot_desc){.name = "h", .help = "H.", .labels = PITOT_LABELS("a")});
    char method[2000];
    (void)state;
    memset(method, 'm', sizeof(method));
    method[1000] = '\0'; /* 1024 bytes are the most */
    pitot_counter *plain = pitot_counter_with(vec, "GET", "200");
    pitot_counter *escaped = pitot_counter_with(vec, "a\"\\\n", "");
    pitot_counter *longest = pitot_counter_with(vec, method, "200");
    pitot_histogram *histogram = pitot_histogram_with(histograms, "x");

    uint64_t before = atomic_load(&allocations);
    for (int i = 0; i < 3000; i++) {
        assert_ptr_equal(pitot_counter_with(vec, "GET", "200"), plain);
        assert_ptr_equal(child(vec, "GET", "200"), plain);
        assert_ptr_equal(
            pitot_counter_child_str(vec, (pitot_str[]){{"GETTER", 3}, {"2000", 3}}, 2), plain);
        assert_ptr_equal(child(vec, "a\"\\\n", ""), escaped);
        assert_ptr_equal(child(vec, method, "200"), longest);
        assert_ptr_equal(pitot_histogram_with(histograms, "x"), histogram);
        pitot_counter_inc(plain);
        pitot_counter_add(escaped, 0.5);
        pitot_histogram_observe(histogram, i);
        pitot_histogram_observe_since(histogram, pitot_now());
    }
    assert_int_equal(atomic_load(&allocations), before);
    pitot_registry_free(reg);
}

/* ---- Call sites ---- */

/* What looks like a constant to the compiler after inlining, and is not one to the reader. */
static inline __attribute__((always_inline)) pitot_counter *of_method(
    pitot_counter_vec *vec, const char *method)
{
    return pitot_counter_with(vec, method, "200");
}

static void a_parameter_that_is_a_literal_at_its_callers_is_no_literal(void **state)
{
    pitot_registry *reg = new_registry();
    pitot_counter_vec *vec = new_vec(reg, "x_total");
    (void)state;

    for (int i = 0; i < 3; i++) {
        assert_ptr_equal(of_method(vec, "GET"), child(vec, "GET", "200"));
        assert_ptr_equal(of_method(vec, "POST"), child(vec, "POST", "200"));
    }
    pitot_registry_free(reg);
}

static void what_only_resembles_a_literal_is_looked_up(void **state)
{
    static const char array[] = "array";
    const char *const pointers[] = {"p0", "p1", "p2"};
    pitot_registry *reg = new_registry();
    pitot_counter_vec *vec = new_vec(reg, "x_total");
    char buffer[4] = "b0";
    (void)state;

    for (int i = 0; i < 3; i++) {
        buffer[1] = (char)('0' + i);
        assert_ptr_equal(pitot_counter_with(vec, buffer, "1"), child(vec, buffer, "1"));
        assert_ptr_equal(pitot_counter_with(vec, pointers[i], "1"), child(vec, pointers[i], "1"));
        assert_ptr_equal(pitot_counter_with(vec, "abc"[i] == 'b' ? "b" : "other", "1"),
            child(vec, i == 1 ? "b" : "other", "1"));
        assert_ptr_equal(pitot_counter_with(vec, i ? "yes" : "no", "1"),
            child(vec, (const char *[]){"no", "yes"}[i > 0], "1"));
        assert_ptr_equal(
            pitot_counter_with(vec, &array[i], "1"), child(vec, (const char *)array + i, "1"));
        assert_ptr_equal(pitot_counter_with(vec,
                             "lit"
                             "eral",
                             "1"),
            child(vec, "literal", "1"));
    }
    pitot_registry_free(reg);
}

static int calls;

static const char *next_name(void)
{
    static const char *const names[] = {"one", "two", "three", "four"};

    return names[calls++ % 4];
}

static void arguments_are_evaluated_once(void **state)
{
    pitot_registry *reg = new_registry();
    pitot_counter_vec *vecs[] = {new_vec(reg, "x_total"), new_vec(reg, "y_total")};
    int at = 0;
    (void)state;

    calls = 0;
    assert_ptr_equal(pitot_counter_with(vecs[at++], next_name(), "1"), child(vecs[0], "one", "1"));
    assert_int_equal(calls, 1);
    assert_int_equal(at, 1);
    pitot_registry_free(reg);
}

static pitot_counter *at_one_site(pitot_counter_vec *vec)
{
    return pitot_counter_with(vec, "GET", "200");
}

static void one_call_site_serves_two_vecs_and_none(void **state)
{
    pitot_registry *reg = new_registry();
    pitot_counter_vec *x = new_vec(reg, "x_total"), *y = new_vec(reg, "y_total");
    (void)state;

    for (int i = 0; i < 5; i++) {
        assert_ptr_equal(at_one_site(x), child(x, "GET", "200"));
        assert_ptr_equal(at_one_site(x), child(x, "GET", "200"));
        assert_null(at_one_site(NULL));
        assert_ptr_equal(at_one_site(y), child(y, "GET", "200"));
    }
    assert_ptr_not_equal(child(x, "GET", "200"), child(y, "GET", "200"));
    pitot_registry_free(reg);
}

static void a_call_site_looks_up_again_after_removal(void **state)
{
    pitot_registry *reg = new_registry();
    pitot_counter_vec *vec = new_vec(reg, "x_total");
    const char *const values[] = {"GET", "200"};
    (void)state;

    for (int i = 0; i < 6; i++) {
        pitot_counter *before = at_one_site(vec);

        pitot_counter_inc(at_one_site(vec));
        assert_true(pitot_counter_value(before) == 1);
        if (i % 3 == 0)
            assert_int_equal(pitot_counter_remove(vec, values, 2), 1);
        else if (i % 3 == 1)
            assert_int_equal(pitot_counter_clear(vec), 1);
        else
            assert_int_equal(
                pitot_counter_remove_matching(vec, (pitot_label[]){{"method", "GET"}, {0}}), 1);
        assert_ptr_not_equal(at_one_site(vec), before);
        pitot_counter_inc(at_one_site(vec));
        assert_true(pitot_counter_value(child(vec, "GET", "200")) == 1);
        pitot_counter_clear(vec);
    }
    pitot_registry_free(reg);
}

static void a_call_site_does_not_remember_a_registry_that_is_gone(void **state)
{
    (void)state;

    for (int i = 0; i < 50; i++) {
        pitot_registry *reg = new_registry();
        pitot_counter_vec *vec = new_vec(reg, "x_total");

        pitot_counter_inc(at_one_site(vec));
        pitot_counter_inc(at_one_site(vec));
        assert_true(pitot_counter_value(child(vec, "GET", "200")) == 2);
        pitot_registry_free(reg);
    }
}

static void a_metric_that_was_registered_again_is_not_taken_for_the_old_one(void **state)
{
    pitot_registry *reg = new_registry();
    (void)state;

    for (int i = 0; i < 5; i++) {
        pitot_counter_vec *vec = new_vec(reg, "x_total");

        pitot_counter_inc(at_one_site(vec));
        assert_line(reg, "x_total{method=\"GET\",status=\"200\"} 1");
        assert_true(pitot_unregister(reg, NULL, "x_total"));
    }
    pitot_registry_free(reg);
}

/* ---- Threads ---- */

#define VECS 3
#define CHILDREN 20000

struct growth {
    pitot_counter_vec *vecs[VECS];
    _Atomic(pitot_counter *) made[CHILDREN];
    _Atomic(int) count;
    _Atomic(bool) over;
    int children;
};

static void name_child(int i, char *name, size_t size)
{
    snprintf(name, size, "/path/%d", i);
}

static void grow_or_look_up(void *shared, int number)
{
    struct growth *growth = shared;
    char name[32];
    unsigned step = (unsigned)number;

    for (int i = 0; number == 0 && i < growth->children; i++) {
        name_child(i, name, sizeof(name));
        atomic_store(&growth->made[i], child(growth->vecs[0], name, "200"));
        atomic_store(&growth->count, i + 1);
    }
    if (number == 0)
        atomic_store(&growth->over, true);
    do {
        int count = atomic_load(&growth->count);

        if (count == 0)
            continue;
        step = step * 1664525u + 1013904223u;
        int i = (int)((step >> 8) % (unsigned)count);
        name_child(i, name, sizeof(name));
        pitot_counter *found = child(growth->vecs[0], name, "200");
        if (found != atomic_load(&growth->made[i]))
            note_problem("a look-up found another child");
        pitot_counter_inc(found);
        for (int v = 1; v < VECS; v++)
            if (at_one_site(growth->vecs[v]) != child(growth->vecs[v], "GET", "200"))
                note_problem("a call site remembered the child of another vec");
    } while (!atomic_load(&growth->over));
}

static void every_child_is_found_at_any_moment_while_the_table_grows(void **state)
{
    static struct growth growth;
    static struct crew crew;
    pitot_registry *reg = new_registry();
    (void)state;
    growth.vecs[0] = new_vec(reg, "x_total");
    growth.vecs[1] = new_vec(reg, "y_total");
    growth.vecs[2] = new_vec(reg, "z_total");
    growth.children = proof_share(CHILDREN);

    crew_start(&crew, 4, grow_or_look_up, &growth);
    crew_join(&crew);

    assert_no_problem();
    for (int i = 0; i < growth.children; i++) {
        char name[32];

        name_child(i, name, sizeof(name));
        assert_ptr_equal(child(growth.vecs[0], name, "200"), growth.made[i]);
    }
    pitot_registry_free(reg);
}

/* ---- Removal while threads look up through one site: nothing goes to a series that is gone ----
 */

struct churn {
    pitot_counter_vec *vec;
    _Atomic(bool) over;
};

static void look_up_or_remove(void *shared, int number)
{
    struct churn *churn = shared;

    if (number > 0) {
        while (!atomic_load(&churn->over))
            pitot_counter_inc(at_one_site(churn->vec));
        return;
    }
    for (int i = 0; i < proof_share(3000); i++) {
        pitot_counter_clear(churn->vec);
        /* From here on no look-up may find what was cleared. */
        pitot_counter *now = at_one_site(churn->vec);
        if (now != child(churn->vec, "GET", "200"))
            note_problem("a call site remembered a removed child");
    }
    atomic_store(&churn->over, true);
}

static void a_call_site_never_answers_with_a_child_removed_before(void **state)
{
    static struct churn churn;
    static struct crew crew;
    pitot_registry *reg = new_registry();
    (void)state;
    churn.vec = new_vec(reg, "x_total");

    crew_start(&crew, 4, look_up_or_remove, &churn);
    crew_join(&crew);

    assert_no_problem();
    pitot_registry_free(reg);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(looking_existing_children_up_allocates_nothing),
        cmocka_unit_test(a_parameter_that_is_a_literal_at_its_callers_is_no_literal),
        cmocka_unit_test(what_only_resembles_a_literal_is_looked_up),
        cmocka_unit_test(arguments_are_evaluated_once),
        cmocka_unit_test(one_call_site_serves_two_vecs_and_none),
        cmocka_unit_test(a_call_site_looks_up_again_after_removal),
        cmocka_unit_test(a_call_site_does_not_remember_a_registry_that_is_gone),
        cmocka_unit_test(a_metric_that_was_registered_again_is_not_taken_for_the_old_one),
        cmocka_unit_test(every_child_is_found_at_any_moment_while_the_table_grows),
        cmocka_unit_test(a_call_site_never_answers_with_a_child_removed_before),
    };

    return cmocka_run_group_tests(tests, set_up, NULL);
}
