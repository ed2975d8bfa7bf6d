/* SPDX-License-Identifier: MIT */
/*
 * sys.c -- the calls of the table when they are to fail by number. Only with PITOT_FAULTS.
 *
 * Each is counted, and then made or not. A call that is made leaves errno as it is without this.
 */
#include "base/sys.h"

#include "base/fault.h"

#include <errno.h>

#define CALL(result, name, parameters, call, failed, once, lasting)                                \
    result pt_sys_##name parameters                                                                \
    {                                                                                              \
        enum pt_fault fault = pt_fault_next(PT_FAULT_##name);                                      \
        if (fault == PT_FAULT_NONE)                                                                \
            return call;                                                                           \
        result failure = failed;                                                                   \
        errno = fault == PT_FAULT_ONCE ? once : lasting;                                           \
        return failure;                                                                            \
    }

PT_SYS_CALLS(CALL)
