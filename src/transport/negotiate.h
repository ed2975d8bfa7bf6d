/* SPDX-License-Identifier: MIT */
/* negotiate.h -- which format answers an Accept header. */
#ifndef PT_TRANSPORT_NEGOTIATE_H
#define PT_TRANSPORT_NEGOTIATE_H

#include <pitot/export.h>

#define PT_NEGOTIATE_BIT(format) (1U << (format)) /* in a set of formats */

struct pt_negotiated {
    pitot_format format;
    pitot_escaping escaping;
    bool html; /* a page for people is liked at least as much */
};

/* `accept` may be NULL; `formats` are those that there are, and text 0.0.4 always is. There is
 * always an answer: when nothing fits it is text 0.0.4, because a scraper can do more with a page
 * it did not ask for than with a 406. */
struct pt_negotiated pt_negotiate(const char *accept, unsigned formats);

#endif
