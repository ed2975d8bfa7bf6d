/* SPDX-License-Identifier: MIT */
/*
 * landing.c -- the page a person sees who opens the root in a browser.
 *
 * One file, nothing loaded from anywhere, no script. The links are relative, so that they hold
 * behind a proxy that serves the root under a path of its own. Pure function, any thread.
 */
#include "transport/landing.h"

#include "base/utf8.h"

#include <string.h>

static const char head[] =
    "<!doctype html>\n"
    "<html lang=\"en\">\n"
    "<head>\n"
    "<meta charset=\"utf-8\">\n"
    "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
    "<meta name=\"color-scheme\" content=\"light dark\">\n"
    "<style>\n"
    "body { font: 1rem/1.5 system-ui, sans-serif; max-width: 40rem; margin: 3rem auto; "
    "padding: 0 1rem; }\n"
    "h1 { font-size: 1.75rem; overflow-wrap: anywhere; }\n"
    "dt { font-weight: 600; }\n"
    "dd { margin: 0 0 1rem; }\n"
    "a { padding: 0.25rem 0; display: inline-block; }\n"
    "</style>\n"
    "<title>";

static const char middle[] = " metrics</title>\n"
                             "</head>\n"
                             "<body>\n"
                             "<main>\n"
                             "<h1>";

static const char tail[] =
    "</h1>\n"
    "<dl>\n"
    "<dt><a href=\"metrics\">/metrics</a></dt>\n"
    "<dd>What this program measures, for Prometheus or to read as it is.</dd>\n"
    "<dt><a href=\"-/healthy\">/-/healthy</a></dt>\n"
    "<dd>Answers 200 while the server runs.</dd>\n"
    "<dt><a href=\"-/ready\">/-/ready</a></dt>\n"
    "<dd>Answers 200 when it can be scraped.</dd>\n"
    "</dl>\n"
    "</main>\n"
    "</body>\n"
    "</html>\n";

static void add_escaped_char(struct pt_buf *out, char c)
{
    switch (c) {
    case '&':
        pt_buf_add_text(out, "&amp;");
        return;
    case '<':
        pt_buf_add_text(out, "&lt;");
        return;
    case '>':
        pt_buf_add_text(out, "&gt;");
        return;
    case '"':
        pt_buf_add_text(out, "&quot;");
        return;
    case '\'':
        pt_buf_add_text(out, "&#39;");
        return;
    default:
        pt_buf_add_char(out, c);
    }
}

/* Text between tags; what is not UTF-8, or a control character, becomes U+FFFD. */
static void add_escaped(struct pt_buf *out, const char *text)
{
    size_t left = strlen(text);

    while (left > 0) {
        size_t bad = 1;
        size_t size = pt_utf8_char(text, left, &bad);

        if (size > 1)
            pt_buf_add(out, text, size);
        else if (size == 1 && (unsigned char)*text >= ' ' && *text != 0x7f)
            add_escaped_char(out, *text);
        else
            pt_buf_add_text(out, PT_UTF8_REPLACEMENT);
        size = size ? size : bad;
        text += size;
        left -= size;
    }
}

void pt_landing_write(struct pt_buf *out, const char *name)
{
    pt_buf_add(out, head, sizeof(head) - 1);
    add_escaped(out, name);
    pt_buf_add(out, middle, sizeof(middle) - 1);
    add_escaped(out, name);
    pt_buf_add(out, tail, sizeof(tail) - 1);
}
