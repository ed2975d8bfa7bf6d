/* SPDX-License-Identifier: MIT */
/* expiry.h -- children that nothing was recorded on for `idle_s` seconds go. */
#ifndef PT_INSTRUMENT_EXPIRY_H
#define PT_INSTRUMENT_EXPIRY_H

struct pt_family;

/* Under the family's lock: removes them, if the family is one that does; it looks at most once a
 * second. A recording is what changes the value: setting a gauge to what it is already, or looking
 * a child up, is none. Since when a child is idle is known to the second, from when it was looked
 * at first; so it never goes early. */
void pt_expiry_run(struct pt_family *family);

#endif
