/* SPDX-License-Identifier: MIT */
/*
 * number_text.h -- the numbers of a snapshot: in order, and as text.
 */
#ifndef CLI_NUMBER_TEXT_H
#define CLI_NUMBER_TEXT_H

#include <pitot/export.h>

#include <stdbool.h>

struct number_text {
    char text[40];
};

struct number_text text_of_double(double value); /* the shortest that reads back as it */
struct number_text text_of_number(pitot_number number, bool is_double);
struct number_text text_of_time(int64_t ns); /* seconds since 1970 */

/* Whether a < b, exactly, also for an integer that no double holds. Never for a NaN. */
bool number_less(pitot_number a, bool a_is_double, pitot_number b, bool b_is_double);

#endif
