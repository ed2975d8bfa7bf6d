/* SPDX-License-Identifier: MIT */
/*
 * protect_test.c -- recording writes to no memory that another CPU uses.
 *
 * A thread is pinned to one CPU, and then nothing in the process is writable any more but that
 * thread's own stack (with its thread-local data at the end) and this CPU's rows: what the registry
 * is made of can be read only, and the rows of other CPUs not even that. Every hot operation then
 * runs a million times. A store to anything shared would be a fault, on any number of CPUs.
 *
 * pitot_gauge_set() is left out: the last value set wins, so a gauge is one cell that all write to.
 * It serves as a control here: it must fault.
 *
 * Under the address sanitizer, which writes shadow memory, only what the registry allocated and its
 * rows are protected.
 */
#include "proof.h"

#include "instrument/family.h"

#include <setjmp.h>
#include <signal.h>
#include <sys/mman.h>

#define ROUNDS 1000000
#define TRIES 3

/* ---- An allocator that takes everything from one region ---- */

#define REGION_SIZE ((size_t)64 << 20)
static char *region;
static size_t region_used;

static void *region_allocate(void *ctx, size_t size)
{
    size_t at = region_used + 16;
    (void)ctx;

    region_used = (at + size + 15) & ~(size_t)15;
    if (region_used > REGION_SIZE)
        return NULL;
    memcpy(region + at - sizeof(size), &size, sizeof(size));
    return region + at;
}

static void *region_reallocate(void *ctx, void *block, size_t size)
{
    char *new = region_allocate(ctx, size);
    size_t old;

    if (block && new) {
        memcpy(&old, (char *)block - sizeof(old), sizeof(old));
        memcpy(new, block, old < size ? old : size);
    }
    return new;
}

static void region_release(void *ctx, void *block)
{
    (void)ctx;
    (void)block;
}

/* ---- What is recorded on ---- */

static struct {
    pitot_registry *reg;
    pitot_counter *counter, *cold;
    pitot_counter_vec *counters;
    pitot_gauge *gauge;
    pitot_histogram *histogram, *wide;
    pitot_histogram_vec *histograms;
} the;

static void inc(void)
{
    pitot_counter_inc(the.counter);
}

static void add(void)
{
    pitot_counter_add(the.counter, 3);
}

static void add_u64(void)
{
    pitot_counter_add_u64(the.counter, 1u << 20);
}

static void add_fraction(void)
{
    pitot_counter_add(the.counter, 0.25);
}

static void observe(void)
{
    pitot_histogram_observe(the.histogram, 0.3);
}

static void observe_wide(void)
{
    pitot_histogram_observe(the.wide, 99.5);
}

static void look_up_by_strings(void)
{
    static const char *const values[] = {"GET", "200"};

    pitot_counter_inc(pitot_counter_child(the.counters, values, 2));
}

static void look_up_by_views(void)
{
    static const pitot_str values[] = {{"POSTS", 4}, {"404", 3}};

    pitot_counter_inc(pitot_counter_child_str(the.counters, values, 2));
}

static void look_up_by_literals(void)
{
    pitot_counter_inc(pitot_counter_with(the.counters, "GET", "200"));
}

static void look_up_histogram(void)
{
    pitot_histogram_observe(pitot_histogram_with(the.histograms, "a \\ b"), 7);
}

static void time_it(void)
{
    pitot_histogram_observe_since(the.histogram, pitot_now());
}

static void time_scope(void)
{
    PITOT_TIME_SCOPE(the.wide);
}

/* The same calls as functions of the library. */
static void call(void)
{
    void (*volatile inc_it)(pitot_counter *) = pitot_counter_inc;
    void (*volatile add_it)(pitot_counter *, double) = pitot_counter_add;
    void (*volatile observe_it)(pitot_histogram *, double) = pitot_histogram_observe;

    inc_it(the.counter);
    add_it(the.counter, 0.5);
    observe_it(the.histogram, 2);
}

static const struct operation {
    const char *name;
    void (*run)(void);
} operations[] = {
    {"counter inc", inc},
    {"counter add", add},
    {"counter add_u64", add_u64},
    {"counter add of a fraction", add_fraction},
    {"histogram observe, 11 bounds", observe},
    {"histogram observe, 128 bounds", observe_wide},
    {"look-up by C strings", look_up_by_strings},
    {"look-up by views", look_up_by_views},
    {"look-up by literals", look_up_by_literals},
    {"look-up of a histogram", look_up_histogram},
    {"timer", time_it},
    {"timed scope", time_scope},
    {"calls out of line", call},
};

static void set_gauge(void)
{
    pitot_gauge_set(the.gauge, 1);
}

static void inc_cold(void)
{
    pitot_counter_inc(the.cold);
}

static int set_up(void **state)
{
    static double bounds[129];
    (void)state;

    region = mmap(NULL, REGION_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    pitot_allocator_set(&(pitot_allocator){
        .allocate = region_allocate, .reallocate = region_reallocate, .release = region_release});
    the.reg = pitot_registry_new(NULL);
    the.counter = pitot_counter_new(the.reg, NULL, &(pitot_desc){.name = "c", .help = "H."});
    the.gauge = pitot_gauge_new(the.reg, NULL, &(pitot_desc){.name = "g", .help = "H."});
    the.histogram = pitot_histogram_new(the.reg, NULL, &(pitot_desc){.name = "h", .help = "H."});
    the.wide = pitot_histogram_new(the.reg, NULL,
        &(pitot_desc){
            .name = "w", .help = "H.", .bounds = pitot_bounds_linear(bounds, 129, NULL, 0, 1)});
    the.counters = pitot_counter_vec_new(the.reg, NULL,
        &(pitot_desc){.name = "v", .help = "H.", .labels = PITOT_LABELS("method", "status")});
    the.histograms = pitot_histogram_vec_new(
        the.reg, NULL, &(pitot_desc){.name = "hv", .help = "H.", .labels = PITOT_LABELS("l")});
    the.cold = pitot_counter_with(the.counters, "cold", "");
    sleep_us(200000); /* timers learn how fast the time stamp counter is, once */
    for (size_t i = 0; i < COUNT(operations); i++)
        for (int j = 0; j < 3 * PT_HEAT_MAX; j++)
            operations[i].run();
    return the.cold ? 0 : -1;
}

/* ---- Taking write access away ---- */

struct range {
    char *start, *end;
};

static struct range ranges[1000], kept[10];
static size_t range_count, kept_count;

/* Changes all of the range but what is in `kept` from the i-th on. */
static void change(struct range range, int protection, size_t i)
{
    if (range.start >= range.end)
        return;
    if (i == kept_count) {
        mprotect(range.start, (size_t)(range.end - range.start), protection);
        return;
    }
    struct range keep = kept[i];
    if (keep.end <= range.start || keep.start >= range.end) {
        change(range, protection, i + 1);
        return;
    }
    change((struct range){range.start, keep.start}, protection, i + 1);
    change((struct range){keep.end, range.end}, protection, i + 1);
}

static const struct pt_rows *rows(void)
{
    return &the.reg->rows;
}

static struct range row(const struct pt_chunk *chunk, int cpu)
{
    char *start = chunk->base + (size_t)cpu * PT_ROW_SIZE;

    return (struct range){start, start + PT_ROW_SIZE};
}

static bool is_in(struct range range, const void *at)
{
    return (const char *)at >= range.start && (const char *)at < range.end;
}

static void find_writable(void)
{
#ifdef ADDRESS_SANITIZER
    ranges[0] = (struct range){region, region + REGION_SIZE};
    range_count = 1;
    for (struct pt_region_chunk *chunk = the.reg->region.chunks; chunk; chunk = chunk->older)
        ranges[range_count++] = (struct range){chunk->base, chunk->base + chunk->size};
#else
    char line[500], mode[5];
    FILE *maps = fopen("/proc/self/maps", "re");
    void *start, *end;

    range_count = 0;
    while (range_count < COUNT(ranges) && fgets(line, sizeof(line), maps))
        if (sscanf(line, "%p-%p %4s", &start, &end, mode) == 3 && mode[1] == 'w')
            ranges[range_count++] = (struct range){start, end};
    fclose(maps);
#endif
}

/* Nothing is called between these two that writes to anything but the stack. */
static void protect(void)
{
    for (size_t i = 0; i < range_count; i++)
        change(ranges[i], PROT_READ, 0);
    for (struct pt_chunk *chunk = atomic_load(&rows()->newest); chunk; chunk = chunk->older)
        for (uint32_t cpu = 0; cpu < rows()->ladder.rows; cpu++)
            change(row(chunk, (int)cpu), PROT_NONE, 0);
}

static void unprotect(void)
{
    for (struct pt_chunk *chunk = atomic_load(&rows()->newest); chunk; chunk = chunk->older)
        for (uint32_t cpu = 0; cpu < rows()->ladder.rows; cpu++)
            change(row(chunk, (int)cpu), PROT_READ | PROT_WRITE, 0);
    for (size_t i = 0; i < range_count; i++)
        change(ranges[i], PROT_READ | PROT_WRITE, 0);
}

/* ---- Trying ---- */

/* One attempt, on a thread of its own. */
struct attempt {
    const struct operation *operations;
    size_t count;
    int cpu, rows_of; /* where it runs; whose rows are writable */
    struct range stack;
    const void *fault; /* where a store was refused; NULL when none was */
    const char *during;
};

/* On the stack of the attempt, where the handler may write. */
struct escape {
    sigjmp_buf back;
    const void *fault;
};
static struct escape *escape;

static void on_fault(int number, siginfo_t *info, void *context)
{
    (void)number;
    (void)context;
    escape->fault = info->si_addr;
    siglongjmp(escape->back, 1);
}

static void run_all(const struct attempt *attempt, const char *volatile *during)
{
    for (size_t i = 0; i < attempt->count; i++) {
        *during = attempt->operations[i].name;
        for (int j = 0; j < ROUNDS; j++)
            attempt->operations[i].run();
    }
}

/* The main thread must not be running when it can write nothing: until it sleeps in pthread_join().
 */
static void wait_for_main_thread(void)
{
    char path[64], state = 'R';

    snprintf(path, sizeof(path), "/proc/self/task/%d/stat", (int)getpid());
    for (int asleep = 0; asleep < 5; asleep = state == 'S' ? asleep + 1 : 0) {
        sleep_us(1000);
        FILE *stat = fopen(path, "re");
        if (fscanf(stat, "%*d (%*[^)]) %c", &state) != 1)
            state = 'R';
        fclose(stat);
    }
}

static void *try(void *arg)
{
    struct attempt *attempt = arg;
    struct attempt mine = *attempt;
    struct escape way_out = {.fault = NULL};
    const char *volatile during = NULL;

    pin(0, mine.cpu);
    kept[0] = mine.stack;
    kept_count = 1;
    for (struct pt_chunk *chunk = atomic_load(&rows()->newest); chunk; chunk = chunk->older)
        kept[kept_count++] = row(chunk, mine.rows_of);
    wait_for_main_thread();
    find_writable();
    escape = &way_out;
    protect();
    if (sigsetjmp(way_out.back, 1) == 0)
        run_all(&mine, &during);
    unprotect();
    attempt->fault = way_out.fault;
    attempt->during = during;
    return NULL;
}

static void run(struct attempt *attempt)
{
    const size_t size = 1 << 20;
    struct sigaction action = {.sa_sigaction = on_fault, .sa_flags = SA_SIGINFO}, before;
    pthread_attr_t attributes;
    pthread_t thread;
    char *stack = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    attempt->stack = (struct range){stack, stack + size};
    pthread_attr_init(&attributes);
    pthread_attr_setstack(&attributes, stack, size);
    sigaction(SIGSEGV, &action, &before);
    assert_int_equal(pthread_create(&thread, &attributes, try, attempt), 0);
    pthread_join(thread, NULL);
    sigaction(SIGSEGV, &before, NULL);
    pthread_attr_destroy(&attributes);
    munmap(stack, size);
}

/* A sequence that is aborted twice in a row goes to the cold words: it happens to nobody, but a
 * host that stops the machine between any two instructions could make it. */
static bool is_cold_word(const void *at)
{
    for (size_t i = 0; i < the.reg->family_count; i++) {
        const struct pt_family *family = the.reg->families[i];

        for (struct pt_batch *batch = family->batches; batch; batch = batch->next)
            if (family->desc.type != PITOT_GAUGE &&
                is_in((struct range){(char *)batch->cells,
                          (char *)(batch->cells + batch->made * family->stride)},
                    at))
                return true;
    }
    return false;
}

static bool no_sequences(void)
{
    if (rows()->ladder.rung == PT_RUNG_RSEQ)
        return false;
    print_message("there are no restartable sequences here\n");
    return true;
}

static void no_hot_operation_writes_to_memory_of_another_cpu_or_of_all(void **state)
{
    struct attempt attempt = {.operations = operations, .count = COUNT(operations)};
    (void)state;
    if (no_sequences())
        skip();
    usable_cpus(&attempt.cpu, 1);
    attempt.rows_of = attempt.cpu;

    for (int i = 0; i < TRIES; i++) {
        run(&attempt);
        if (!attempt.fault || !is_cold_word(attempt.fault))
            break;
        print_message("aborted twice in a row during %s; once more\n", attempt.during);
    }

    if (attempt.fault)
        fail_msg("a store to %p during: %s", attempt.fault, attempt.during);
}

static void a_thread_on_another_cpu_would_be_caught(void **state)
{
    int cpus[2];
    (void)state;
    if (no_sequences() || usable_cpus(cpus, 2) < 2)
        skip();

    for (size_t i = 0; i < COUNT(operations); i++) {
        struct attempt attempt = {&operations[i], 1, .cpu = cpus[1], .rows_of = cpus[0]};
        bool in_row = false;

        run(&attempt);

        for (struct pt_chunk *chunk = atomic_load(&rows()->newest); chunk; chunk = chunk->older)
            in_row = in_row || is_in(row(chunk, cpus[1]), attempt.fault);
        if (!in_row)
            fail_msg("no store to the CPU's row during: %s", operations[i].name);
    }
}

/* In what series are made of. */
static bool is_of_series(const void *at)
{
    bool found = false;

    for (struct pt_region_chunk *chunk = the.reg->region.chunks; chunk; chunk = chunk->older)
        found |= is_in((struct range){chunk->base, chunk->base + chunk->size}, at);
    return found;
}

static void a_store_to_what_threads_share_would_be_caught(void **state)
{
    static const struct operation shared[] = {
        {"gauge set", set_gauge}, {"inc of a cold series", inc_cold}};
    (void)state;
    if (no_sequences())
        skip();

    for (size_t i = 0; i < COUNT(shared); i++) {
        struct attempt attempt = {&shared[i], 1, .cpu = 0};

        usable_cpus(&attempt.cpu, 1);
        attempt.rows_of = attempt.cpu;
        run(&attempt);

        assert_true(is_of_series(attempt.fault));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_hot_operation_writes_to_memory_of_another_cpu_or_of_all),
        cmocka_unit_test(a_thread_on_another_cpu_would_be_caught),
        cmocka_unit_test(a_store_to_what_threads_share_would_be_caught),
    };

    return cmocka_run_group_tests(tests, set_up, NULL);
}
