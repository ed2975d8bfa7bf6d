/* SPDX-License-Identifier: MIT */
/* shown.h -- as much of a page's text as a message can bear. */
#ifndef PT_FORMAT_SHOWN_H
#define PT_FORMAT_SHOWN_H

#include <pitot/export.h>

#define PT_SHOWN_MAX 60 /* bytes */

/* For "%.*s". */
#define PT_SHOWN(str) pt_shown_size(str), pt_shown_text(str)

static inline int pt_shown_size(pitot_str text)
{
    return (int)(text.size < PT_SHOWN_MAX ? text.size : PT_SHOWN_MAX);
}

static inline const char *pt_shown_text(pitot_str text)
{
    return text.at ? text.at : "";
}

#endif
