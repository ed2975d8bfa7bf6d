/* SPDX-License-Identifier: MIT */
/*
 * process.c -- the process collector: where its files are, and how it comes and goes.
 *
 * Paths are put together once, so that a scrape allocates nothing here and no path is too long for
 * an array. The collector owns its struct pt_process and frees it when it can run no more.
 */
#include "collect/process.h"

#include "base/alloc.h"
#include "base/error.h"

#include <string.h>

#define NAME_ROOM 8 /* for "limits", the longest name of a file of the process, and a NUL */

const char *pt_process_path(struct pt_process *process, const char *name)
{
    memcpy(process->path + process->directory_size, name, strlen(name) + 1);
    return process->path;
}

static void free_process(void *ctx)
{
    struct pt_process *process = ctx;

    if (!process)
        return;
    pt_free(process->boot_path);
    pt_free(process->path);
    pt_free(process);
}

/* `a/b/`, with room for NAME_ROOM bytes after it. */
static char *join(const char *a, const char *b, pitot_error *err)
{
    size_t a_size = strlen(a), b_size = strlen(b);
    char *path = pt_alloc_zero(a_size + b_size + 2 + NAME_ROOM, err);

    if (!path)
        return NULL;
    memcpy(path, a, a_size);
    path[a_size] = '/';
    memcpy(path + a_size + 1, b, b_size);
    path[a_size + 1 + b_size] = '/';
    return path;
}

static struct pt_process *new_process(const char *root, const char *pid, pitot_error *err)
{
    struct pt_process *process = pt_alloc_zero(sizeof(*process), err);
    uint64_t ignored;

    if (!process)
        return NULL;
    process->is_own = strcmp(root, "/proc") == 0 && strcmp(pid, "self") == 0;
    process->boot_path = join(root, "stat", err);
    process->path = join(root, pid, err);
    if (!process->boot_path || !process->path) {
        free_process(process);
        return NULL;
    }
    process->boot_path[strlen(process->boot_path) - 1] = '\0';
    process->directory_size = strlen(process->path);
    /* Now, while there are descriptors to be had: what is learned here saves them later. */
    pt_fds_count(&process->fds, pt_process_path(process, "fd"), &ignored);
    pt_boot_time(&process->boot, process->boot_path, &ignored);
    return process;
}

bool pitot_process_collector_add(
    pitot_registry *reg, pitot_error *err, const pitot_process_opts *opts)
{
    const char *root = opts && opts->proc_root ? opts->proc_root : "/proc";
    const char *pid = opts && opts->pid ? opts->pid : "self";

    if (!reg)
        return false;
    if (!root[0])
        return pt_fail(err, PITOT_EINVAL, "process collector: .proc_root is empty; leave it NULL");
    if (!pid[0] || strchr(pid, '/'))
        return pt_fail(err, PITOT_EINVAL,
            "process collector: .pid \"%s\" is not a name of one directory in .proc_root", pid);
    struct pt_process *process = new_process(root, pid, err);
    if (!process)
        return false;
    bool added = pitot_collector_add(reg, err,
        &(pitot_collector){
            .name = "process",
            .collect = pt_process_metrics_collect,
            .ctx = process,
            .release = free_process,
        });
    if (!added)
        free_process(process);
    return added;
}
