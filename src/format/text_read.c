/* SPDX-License-Identifier: MIT */
/*
 * text_read.c -- reading Prometheus text 0.0.4, and 1.0.0, which has nothing that 0.0.4 with quoted
 * names has not.
 *
 * As liberal as Prometheus' own parsers with blanks, comments and empty lines. Pure function of the
 * page.
 */
#include "base/parse.h"
#include "format/reader.h"

#define NS_PER_MS 1000000

static void read_comment(struct pt_reader *reader)
{
    struct pt_scan *scan = &reader->scan;

    scan->at++;
    pt_scan_blanks(scan);
    pitot_str word = pt_scan_word(scan);
    if (word.size != 4 || (memcmp(word.at, "HELP", 4) != 0 && memcmp(word.at, "TYPE", 4) != 0))
        return; /* UNIT and EOF too are comments here */
    if (pt_scan_separator(scan, "a metric name"))
        pt_heads_metadata(&reader->heads, word);
}

static bool read_time(struct pt_scan *scan, int64_t *time)
{
    int64_t ms;

    pt_scan_blanks(scan);
    if (scan->at == scan->end || *scan->at == '\r')
        return true;
    pitot_str word = pt_scan_word(scan);
    if (!pt_parse_i64(word.at, word.size, &ms))
        return pt_scan_problem(
            scan, word.at, "'%.*s' is no time in whole milliseconds", PT_SHOWN(word));
    if (__builtin_mul_overflow(ms, NS_PER_MS, time))
        return pt_scan_problem(
            scan, word.at, "'%.*s' ms is not between the years 1678 and 2262", PT_SHOWN(word));
    return true;
}

static void read_sample(struct pt_reader *reader)
{
    struct pt_scan *scan = &reader->scan;
    struct pt_sample sample = {.time = PITOT_TIME_NONE};

    if (!pt_reader_identity(reader, &sample))
        return;
    pt_scan_blanks(scan);
    sample.at = scan->at;
    if (scan->at == scan->end) {
        pt_scan_problem(scan, scan->at, "the line ends where the value should follow");
        return;
    }
    if (pt_scan_number(scan, &sample.value) && read_time(scan, &sample.time) &&
        pt_scan_line_end(scan) && pt_heads_begin(&reader->heads))
        pt_gather_add(&reader->gather, &sample);
}

void pt_text_decode(const struct pt_page *page)
{
    struct pt_reader reader;
    struct pt_scan *scan = &reader.scan;
    bool good = pt_reader_begin(&reader, page, PT_DIALECT_TEXT);

    while (good && pt_scan_line(scan)) {
        pt_scan_blanks(scan);
        if (*scan->at == '#')
            read_comment(&reader);
        else if (scan->at < scan->end && !(page->lenient && *scan->at == '\r'))
            read_sample(&reader);
        if (pt_scan_is_cut(scan) && !page->lenient)
            pt_scan_problem(
                scan, scan->end, "the last line does not end in LF: the page may be cut");
    }
    pt_reader_end(&reader);
}
