/* SPDX-License-Identifier: MIT */
/*
 * process_metrics.c -- what the kernel knows about a process, under the standard names.
 *
 * What cannot be had truthfully is left out; when that is because a source was unreadable, it is
 * counted, once per source and scrape. Of our own process as much as possible comes from system
 * calls that need no descriptor, so that the page still shows how many are open when there are no
 * more. Of any other (another root or PID, as in tests) all comes from files. There is no
 * process_heap_bytes: only the host's malloc could tell, and we do not know which one it is.
 */
#include "base/sys.h"
#include "collect/process.h"
#include "collect/procfile.h"
#include "collect/procstat.h"

#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

static void emit_number(pitot_sink *sink, pitot_type type, const char *name, const char *unit,
    const char *help, uint64_t value)
{
    pitot_sink_family(sink, type, &(pitot_desc){.name = name, .help = help, .unit = unit});
    pitot_sink_value_u64(sink, value, NULL, 0);
}

static void emit_seconds(
    pitot_sink *sink, pitot_type type, const char *name, const char *help, double value)
{
    pitot_sink_family(sink, type, &(pitot_desc){.name = name, .help = help, .unit = "seconds"});
    pitot_sink_value(sink, value, NULL, 0);
}

/* The same for one field of the file stat, which may not be good. */
static bool emit_field(pitot_sink *sink, const struct pt_procstat *stat,
    enum pt_procstat_field field, pitot_type type, const char *name, const char *unit,
    const char *help, uint64_t factor)
{
    uint64_t value;

    if (!stat->good[field] || __builtin_mul_overflow(stat->number[field], factor, &value))
        return false;
    emit_number(sink, type, name, unit, help, value);
    return true;
}

static bool emit_start_time(
    struct pt_process *process, pitot_sink *sink, const struct pt_procstat *stat)
{
    uint64_t boot;
    bool has_boot = pt_boot_time(&process->boot, process->boot_path, &boot);

    process->unreadable[PT_SOURCE_BOOT_TIME] += !has_boot;
    if (!stat->good[PT_STAT_START_TICKS])
        return false;
    if (has_boot)
        emit_seconds(sink, PITOT_GAUGE, "process_start_time_seconds",
            "Start time of the process since unix epoch in seconds.",
            (double)boot +
                (double)stat->number[PT_STAT_START_TICKS] / (double)sysconf(_SC_CLK_TCK));
    return true;
}

/* The scheduler's own nanoseconds where they can be had; else what it rounded to ticks. */
static bool emit_cpu(
    const struct pt_process *process, pitot_sink *sink, const struct pt_procstat *stat)
{
    struct timespec used;
    double seconds;

    if (process->is_own && clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used) == 0)
        seconds = (double)used.tv_sec + (double)used.tv_nsec / 1e9;
    else if (stat->good[PT_STAT_USER_TICKS] && stat->good[PT_STAT_SYSTEM_TICKS])
        seconds = ((double)stat->number[PT_STAT_USER_TICKS] +
                      (double)stat->number[PT_STAT_SYSTEM_TICKS]) /
                  (double)sysconf(_SC_CLK_TCK);
    else
        return false;
    emit_seconds(sink, PITOT_COUNTER, "process_cpu_seconds_total",
        "Total user and system CPU time spent in seconds.", seconds);
    return true;
}

static void collect_stat(struct pt_process *process, pitot_sink *sink)
{
    char text[PT_PROCFILE_MAX];
    struct pt_procstat stat;
    bool good = true;

    pt_procstat_parse(&stat, text, pt_procfile_read(pt_process_path(process, "stat"), text));
    good &= emit_cpu(process, sink, &stat);
    good &= emit_start_time(process, sink, &stat);
    good &= emit_field(sink, &stat, PT_STAT_VIRTUAL_BYTES, PITOT_GAUGE,
        "process_virtual_memory_bytes", "bytes", "Virtual memory size in bytes.", 1);
    good &= emit_field(sink, &stat, PT_STAT_RESIDENT_PAGES, PITOT_GAUGE,
        "process_resident_memory_bytes", "bytes", "Resident memory size in bytes.",
        (uint64_t)sysconf(_SC_PAGESIZE));
    good &= emit_field(sink, &stat, PT_STAT_THREADS, PITOT_GAUGE, "process_threads", NULL,
        "Number of OS threads in the process.", 1);
    good &= emit_field(sink, &stat, PT_STAT_MINOR_FAULTS, PITOT_COUNTER,
        "process_minor_page_faults_total", NULL, "Page faults that needed no storage.", 1);
    good &= emit_field(sink, &stat, PT_STAT_MAJOR_FAULTS, PITOT_COUNTER,
        "process_major_page_faults_total", NULL, "Page faults that waited for storage.", 1);
    process->unreadable[PT_SOURCE_STAT] += !good;
}

static void collect_fds(struct pt_process *process, pitot_sink *sink)
{
    uint64_t count;

    if (pt_fds_count(&process->fds, pt_process_path(process, "fd"), &count))
        emit_number(
            sink, PITOT_GAUGE, "process_open_fds", NULL, "Number of open file descriptors.", count);
    else
        process->unreadable[PT_SOURCE_FD]++;
}

static void set_limit(struct pt_procline *line, const struct rlimit *limit)
{
    line->number = limit->rlim_cur;
    line->unlimited = limit->rlim_cur == RLIM_INFINITY;
    line->found = !line->unlimited;
}

/* No limit is no number: the metric is left out then. */
static void collect_limits(struct pt_process *process, pitot_sink *sink)
{
    struct pt_procline lines[] = {{.key = "Max open files"}, {.key = "Max address space"}};
    const struct pt_procline *files = &lines[0], *space = &lines[1];

    struct rlimit limit;

    if (!process->is_own)
        pt_procfile_lines(pt_process_path(process, "limits"), lines, 2);
    if (process->is_own && pt_sys_getrlimit(RLIMIT_NOFILE, &limit) == 0)
        set_limit(&lines[0], &limit);
    if (process->is_own && pt_sys_getrlimit(RLIMIT_AS, &limit) == 0)
        set_limit(&lines[1], &limit);
    if (files->found)
        emit_number(sink, PITOT_GAUGE, "process_max_fds", NULL,
            "Maximum number of open file descriptors.", files->number);
    if (space->found)
        emit_number(sink, PITOT_GAUGE, "process_virtual_memory_max_bytes", "bytes",
            "Maximum amount of virtual memory available in bytes.", space->number);
    process->unreadable[PT_SOURCE_LIMITS] +=
        !(files->found || files->unlimited) || !(space->found || space->unlimited);
}

/*
 * The file status counts the first thread only, and there is no file that counts them all: of
 * another process, the metric is left out while it has more threads than that one.
 */
static bool read_switches(struct pt_process *process, uint64_t *voluntary, uint64_t *involuntary)
{
    struct pt_procline lines[] = {{.key = "Threads:"}, {.key = "voluntary_ctxt_switches:"},
        {.key = "nonvoluntary_ctxt_switches:"}};
    struct rusage usage;

    if (process->is_own && pt_sys_getrusage(RUSAGE_SELF, &usage) == 0) {
        *voluntary = (uint64_t)usage.ru_nvcsw;
        *involuntary = (uint64_t)usage.ru_nivcsw;
        return true;
    }
    pt_procfile_lines(pt_process_path(process, "status"), lines, 3);
    bool found = lines[0].found && lines[1].found && lines[2].found;
    process->unreadable[PT_SOURCE_STATUS] += !found;
    *voluntary = lines[1].number;
    *involuntary = lines[2].number;
    return found && lines[0].number == 1;
}

static void collect_switches(struct pt_process *process, pitot_sink *sink)
{
    uint64_t voluntary, involuntary;

    if (!read_switches(process, &voluntary, &involuntary))
        return;
    pitot_sink_family(sink, PITOT_COUNTER,
        &(pitot_desc){
            .name = "process_context_switches_total",
            .help = "How often threads of the process left a CPU: to wait (voluntary), or because "
                    "another had its turn (involuntary).",
            .labels = PITOT_LABELS("type"),
        });
    pitot_sink_value_u64(sink, voluntary, (const char *const[]){"voluntary"}, 1);
    pitot_sink_value_u64(sink, involuntary, (const char *const[]){"involuntary"}, 1);
}

static void collect_io(struct pt_process *process, pitot_sink *sink)
{
    static const struct {
        const char *key, *name, *help;
    } metrics[] = {
        {"rchar:", "process_io_read_bytes_total",
            "Bytes that read calls returned, wherever they came from."},
        {"wchar:", "process_io_written_bytes_total",
            "Bytes that write calls took, wherever they go."},
        {"read_bytes:", "process_io_storage_read_bytes_total",
            "Bytes that were fetched from storage for the process."},
        {"write_bytes:", "process_io_storage_written_bytes_total",
            "Bytes that the process caused to be sent to storage."},
    };
    enum { COUNT = sizeof(metrics) / sizeof(metrics[0]) };
    struct pt_procline lines[COUNT] = {0};
    bool good = true;

    for (size_t i = 0; i < COUNT; i++)
        lines[i].key = metrics[i].key;
    pt_procfile_lines(pt_process_path(process, "io"), lines, COUNT);
    for (size_t i = 0; i < COUNT; i++) {
        if (lines[i].found)
            emit_number(
                sink, PITOT_COUNTER, metrics[i].name, "bytes", metrics[i].help, lines[i].number);
        good &= lines[i].found;
    }
    process->unreadable[PT_SOURCE_IO] += !good;
}

void pt_process_metrics_collect(pitot_sink *sink, void *ctx)
{
    static const char *const sources[PT_SOURCE_COUNT] = {
        [PT_SOURCE_BOOT_TIME] = "boot_time",
        [PT_SOURCE_FD] = "fd",
        [PT_SOURCE_IO] = "io",
        [PT_SOURCE_LIMITS] = "limits",
        [PT_SOURCE_STAT] = "stat",
        [PT_SOURCE_STATUS] = "status",
    };
    struct pt_process *process = ctx;

    collect_stat(process, sink);
    collect_fds(process, sink);
    collect_limits(process, sink);
    collect_switches(process, sink);
    collect_io(process, sink);
    pitot_sink_family(sink, PITOT_COUNTER,
        &(pitot_desc){
            .name = "pitot_process_unreadable_total",
            .help = "Scrapes that lack metrics of the process, by what could not be read.",
            .labels = PITOT_LABELS("source"),
        });
    for (int i = 0; i < PT_SOURCE_COUNT; i++)
        pitot_sink_value_u64(sink, process->unreadable[i], &sources[i], 1);
}
