/* SPDX-License-Identifier: MIT */
/*
 * fetch.c -- one page over HTTP, as a Prometheus would get it.
 *
 * libcurl does the work. What it unpacks is counted against a limit while it comes, so that a small
 * answer that unpacks to a huge one ends early. Redirects are followed, as a Prometheus does, and
 * never to anything but http and https.
 */
#include "fetch.h"

#include "input.h"
#include "options.h"

#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define REDIRECTS_MAX 10

#define TEXTS                                                                                      \
    "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.5,"                       \
    "application/openmetrics-text;version=0.0.1;q=0.4,"                                            \
    "text/plain;version=1.0.0;escaping=allow-utf-8;q=0.3,"                                         \
    "text/plain;version=0.0.4;q=0.2,*/*;q=0.1"

const char fetch_accept_text[] = TEXTS;
const char fetch_accept[] =
    "application/vnd.google.protobuf;"
    "proto=io.prometheus.client.MetricFamily;encoding=delimited;q=0.6," TEXTS;

struct body {
    char *bytes;
    size_t size, room;
    uint64_t size_max;
    bool too_big, no_memory;
};

static size_t take_body(char *at, size_t one, size_t size, void *ctx)
{
    struct body *body = ctx;

    (void)one;
    if (size > body->size_max - body->size) {
        body->too_big = true;
        return 0;
    }
    if (size > body->room - body->size) {
        size_t room = 2 * (body->size + size);
        char *bytes = realloc(body->bytes, room);
        if (!bytes) {
            body->no_memory = true;
            return 0;
        }
        body->bytes = bytes;
        body->room = room;
    }
    memcpy(body->bytes + body->size, at, size);
    body->size += size;
    return size;
}

/* Of the last answer, when there are redirects. */
static size_t take_header(char *at, size_t one, size_t size, void *ctx)
{
    static const char name[] = "content-encoding:";
    struct fetched *fetched = ctx;
    const size_t name_size = sizeof(name) - 1;

    (void)one;
    if (size > 5 && strncmp(at, "HTTP/", 5) == 0)
        fetched->content_encoding[0] = '\0';
    if (size > name_size && strncasecmp(at, name, name_size) == 0) {
        size_t start = name_size;
        while (start < size && at[start] == ' ')
            start++;
        int length = (int)(size - start);
        snprintf(fetched->content_encoding, sizeof(fetched->content_encoding), "%.*s", length,
            at + start);
        fetched->content_encoding[strcspn(fetched->content_encoding, "\r\n")] = '\0';
    }
    return size;
}

static bool is_given(const struct fetch_request *request, const char *name)
{
    size_t size = strlen(name);

    for (size_t i = 0; i < request->header_count; i++)
        if (strncasecmp(request->headers[i], name, size) == 0 && request->headers[i][size] == ':')
            return true;
    return false;
}

static struct curl_slist *list_of_headers(const struct fetch_request *request)
{
    struct curl_slist *list = NULL;
    char line[ACCEPT_SIZE_MAX + 64];

    if (!is_given(request, "Accept")) {
        snprintf(line, sizeof(line), "Accept: %s", request->accept);
        list = curl_slist_append(list, line);
    }
    if (!is_given(request, "X-Prometheus-Scrape-Timeout-Seconds")) {
        snprintf(line, sizeof(line), "X-Prometheus-Scrape-Timeout-Seconds: %g", request->timeout_s);
        list = curl_slist_append(list, line);
    }
    for (size_t i = 0; i < request->header_count; i++)
        list = curl_slist_append(list, request->headers[i]);
    return list;
}

static void set_up(CURL *curl, const struct fetch_request *request, struct curl_slist *headers,
    struct body *body, struct fetched *fetched)
{
    bool is_unix = strncmp(request->url, "unix:", 5) == 0;

    if (is_unix)
        curl_easy_setopt(curl, CURLOPT_UNIX_SOCKET_PATH, request->url + 5);
    curl_easy_setopt(curl, CURLOPT_URL, is_unix ? "http://localhost/metrics" : request->url);
    if (request->ca_file)
        curl_easy_setopt(curl, CURLOPT_CAINFO, request->ca_file);
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(curl, CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 1L);
    curl_easy_setopt(curl, CURLOPT_MAXREDIRS, (long)REDIRECTS_MAX);
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, (long)(request->timeout_s * 1000));
    curl_easy_setopt(curl, CURLOPT_USERAGENT, "pitot/" PITOT_VERSION);
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(curl, CURLOPT_ACCEPT_ENCODING, "gzip");
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take_body);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, body);
    curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, take_header);
    curl_easy_setopt(curl, CURLOPT_HEADERDATA, fetched);
}

static void read_results(CURL *curl, struct fetched *fetched)
{
    char *type = NULL;
    curl_off_t wire = 0;

    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &fetched->status);
    curl_easy_getinfo(curl, CURLINFO_NAMELOOKUP_TIME, &fetched->resolved_s);
    curl_easy_getinfo(curl, CURLINFO_CONNECT_TIME, &fetched->connected_s);
    curl_easy_getinfo(curl, CURLINFO_APPCONNECT_TIME, &fetched->secured_s);
    curl_easy_getinfo(curl, CURLINFO_STARTTRANSFER_TIME, &fetched->first_byte_s);
    curl_easy_getinfo(curl, CURLINFO_TOTAL_TIME, &fetched->total_s);
    curl_easy_getinfo(curl, CURLINFO_SIZE_DOWNLOAD_T, &wire);
    fetched->wire_size = (uint64_t)wire;
    curl_easy_getinfo(curl, CURLINFO_CONTENT_TYPE, &type);
    snprintf(fetched->content_type, sizeof(fetched->content_type), "%s", type ? type : "");
}

/* What went wrong, in words; true when nothing did. */
static bool judge(const struct fetch_request *request, const struct body *body, CURLcode code,
    const char *reason, long status, pitot_error *err)
{
    if (body->too_big)
        return input_fail(err, "more than %llu bytes; --memory-max allows more",
            (unsigned long long)request->size_max);
    if (body->no_memory)
        return input_fail(err, "no memory for the page");
    if (code == CURLE_OPERATION_TIMEDOUT)
        return input_fail(
            err, "no whole answer within %g s; --timeout allows more", request->timeout_s);
    if (code != CURLE_OK)
        return input_fail(err, "%s", reason[0] ? reason : curl_easy_strerror(code));
    if (status != 200)
        return input_fail(err, "status %ld; a Prometheus takes 200 only", status);
    return true;
}

bool fetch(const struct fetch_request *request, struct fetched *fetched, char **bytes, size_t *size,
    pitot_error *err)
{
    char reason[CURL_ERROR_SIZE] = "";
    struct body body = {.size_max = request->size_max};

    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
        return input_fail(err, "libcurl does not start");
    CURL *curl = curl_easy_init();
    if (!curl) {
        curl_global_cleanup();
        return input_fail(err, "no memory for a request");
    }
    struct curl_slist *headers = list_of_headers(request);
    set_up(curl, request, headers, &body, fetched);
    curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, reason);
    CURLcode code = curl_easy_perform(curl);
    read_results(curl, fetched);
    curl_slist_free_all(headers);
    curl_easy_cleanup(curl);
    curl_global_cleanup();
    *bytes = body.bytes;
    *size = body.size;
    return judge(request, &body, code, reason, fetched->status, err);
}
