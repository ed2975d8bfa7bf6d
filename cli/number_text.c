/* SPDX-License-Identifier: MIT */
/*
 * number_text.c -- the numbers of a snapshot: in order, and as text.
 *
 * The program never calls setlocale(), so printf and strtod speak C here.
 */
#include "number_text.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#define TWO_TO_64 18446744073709551616.0

struct number_text text_of_double(double value)
{
    struct number_text out;

    if (isnan(value) || isinf(value)) {
        snprintf(out.text, sizeof(out.text), isnan(value) ? "NaN" : value > 0 ? "+Inf" : "-Inf");
        return out;
    }
    for (int digits = 15; digits <= 17; digits++) {
        snprintf(out.text, sizeof(out.text), "%.*g", digits, value);
        if (strtod(out.text, NULL) == value)
            break;
    }
    return out;
}

struct number_text text_of_number(pitot_number number, bool is_double)
{
    struct number_text out;

    if (is_double)
        return text_of_double(number.f64);
    snprintf(out.text, sizeof(out.text), "%" PRIu64, number.u64);
    return out;
}

struct number_text text_of_time(int64_t ns)
{
    struct number_text out;
    int64_t seconds = ns / 1000000000, rest = ns % 1000000000;

    if (rest < 0) {
        seconds--;
        rest += 1000000000;
    }
    snprintf(out.text, sizeof(out.text), "%" PRId64 ".%03" PRId64, seconds, rest / 1000000);
    return out;
}

/* A whole double compares as the integer it is; one that is no u64 is beyond all of them. */
static bool integer_less(uint64_t a, double b)
{
    if (b >= TWO_TO_64)
        return true;
    return b > 0 && a < (uint64_t)ceil(b);
}

static bool double_less(double a, uint64_t b)
{
    if (a < 0)
        return true;
    return a < TWO_TO_64 && (uint64_t)floor(a) < b;
}

bool number_less(pitot_number a, bool a_is_double, pitot_number b, bool b_is_double)
{
    if (a_is_double && b_is_double)
        return a.f64 < b.f64;
    if (!a_is_double && !b_is_double)
        return a.u64 < b.u64;
    return a_is_double ? double_less(a.f64, b.u64) : integer_less(a.u64, b.f64);
}
