/* SPDX-License-Identifier: MIT */
/*
 * reader.h -- what the readers of the text family have in common beyond tokens: whose sample a line
 * is.
 */
#ifndef PT_FORMAT_READER_H
#define PT_FORMAT_READER_H

#include "format/heads.h"

struct pt_reader {
    struct pt_scan scan;
    struct pt_gather gather;
    struct pt_heads heads;
};

/* The reader stays where it is between these two. False when memory ran out; the end is to be
 * called in any case. */
bool pt_reader_begin(struct pt_reader *reader, const struct pt_page *page, enum pt_dialect dialect);
void pt_reader_end(struct pt_reader *reader);

/* Name and labels of a sample, and the family they belong to, which is open then. Fills in role,
 * labels and bound. */
bool pt_reader_identity(struct pt_reader *reader, struct pt_sample *sample);

#endif
