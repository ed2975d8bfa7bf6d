/* SPDX-License-Identifier: MIT */
/* tally.h -- what a server says about itself, on its own pages. */
#ifndef PT_TRANSPORT_TALLY_H
#define PT_TRANSPORT_TALLY_H

#include <pitot/pitot.h>

/* Why a connection was ended by the server. */
enum pt_tally_cut {
    PT_TALLY_IDLE,     /* too long between two requests */
    PT_TALLY_HEADER,   /* a request that did not become complete */
    PT_TALLY_SLOW,     /* did not take its response fast enough */
    PT_TALLY_REPLACED, /* made room for a newcomer */
    PT_TALLY_BUSY,     /* slow, and in the way of somebody who waited for a snapshot */
    PT_TALLY_ADDRESS,  /* made room for a newcomer of the same address */
    PT_TALLY_CUT_COUNT
};

/* Any of them may be NULL: then nothing is counted. */
struct pt_tally {
    pitot_counter_vec *requests;
    pitot_summary *scrape_seconds;
    pitot_counter *sent_bytes;
    pitot_gauge *connections;
    pitot_counter *cut[PT_TALLY_CUT_COUNT];
    pitot_counter *shared;
    pitot_counter *refused;
};

/* Servers of one registry count together. What cannot be registered is not counted. */
void pt_tally_open(struct pt_tally *tally, pitot_registry *reg);

/* A response with this status was begun. */
void pt_tally_request(struct pt_tally *tally, int status);

#endif
