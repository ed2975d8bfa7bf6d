/* SPDX-License-Identifier: MIT */
/*
 * fault.c -- a number of calls for each site, and the one that is to fail.
 *
 * What is armed is one word, so that threads see all of it or nothing; the numbers are atomic, and
 * no lock is held, because a child of fork() may come at any moment.
 */
#include "base/fault.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define ALL PT_FAULT_SITES /* "*" */
#define NUMBER_SHIFT 8

static const char *const names[] = {
#define NAME(result, name, ...) #name,
    PT_SYS_CALLS(NAME)
#undef NAME
        "*",
};

static _Atomic(size_t) calls[ALL + 1];
static _Atomic(uint64_t) armed; /* number << 8 | site << 1 | for ever; 0: nothing */
static pthread_once_t once = PTHREAD_ONCE_INIT;

static bool find(const char *name, size_t size, size_t *site)
{
    for (size_t i = 0; i <= ALL; i++) {
        if (strlen(names[i]) == size && memcmp(names[i], name, size) == 0) {
            *site = i;
            return true;
        }
    }
    return false;
}

static void arm(size_t site, uint64_t number, bool for_ever)
{
    atomic_store(&armed, 0);
    for (size_t i = 0; i <= ALL; i++)
        atomic_store(&calls[i], 0);
    atomic_store(&armed, number ? number << NUMBER_SHIFT | site << 1 | for_ever : 0);
}

static bool arm_as(const char *text)
{
    size_t size = strcspn(text, ":"), site;
    char *end;

    if (!find(text, size, &site) || text[size] != ':')
        return false;
    unsigned long number = strtoul(text + size + 1, &end, 10);
    if (number == 0 || (*end != '\0' && strcmp(end, ":forever") != 0))
        return false;
    arm(site, number, *end != '\0');
    return true;
}

static void read_environment(void)
{
    const char *text = getenv("PITOT_FAULT");
    int saved = errno;

    if (text && *text && !arm_as(text))
        arm(ALL, 1, true);
    errno = saved;
}

enum pt_fault pt_fault_next(enum pt_fault_site site)
{
    pthread_once(&once, read_environment);
    uint64_t number = atomic_fetch_add(&calls[site], 1) + 1;
    uint64_t number_of_all = atomic_fetch_add(&calls[ALL], 1) + 1;
    uint64_t word = atomic_load(&armed);
    size_t wanted = word >> 1 & (((uint64_t)1 << (NUMBER_SHIFT - 1)) - 1);

    if (word == 0 || (wanted != site && wanted != ALL))
        return PT_FAULT_NONE;
    if (wanted == ALL)
        number = number_of_all;
    if (word & 1)
        return number >= word >> NUMBER_SHIFT ? PT_FAULT_LASTING : PT_FAULT_NONE;
    return number == word >> NUMBER_SHIFT ? PT_FAULT_ONCE : PT_FAULT_NONE;
}

bool pt_fault_arm(const char *site, size_t n, bool for_ever)
{
    size_t found;

    if (!find(site, strlen(site), &found))
        return false;
    pthread_once(&once, read_environment);
    arm(found, n, for_ever);
    return true;
}

size_t pt_fault_count(const char *site)
{
    size_t found;

    return find(site, strlen(site), &found) ? atomic_load(&calls[found]) : 0;
}

const char *pt_fault_name(size_t site)
{
    return site < ALL ? names[site] : NULL;
}
