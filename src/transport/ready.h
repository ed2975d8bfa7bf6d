/* SPDX-License-Identifier: MIT */
/* ready.h -- tells the service manager that the service is ready. */
#ifndef PT_TRANSPORT_READY_H
#define PT_TRANSPORT_READY_H

#include <stdbool.h>

/* False when there is no manager that wants to know, or it cannot be told. Never blocks. */
bool pt_ready_notify(void);

#endif
