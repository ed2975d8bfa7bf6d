/* SPDX-License-Identifier: MIT */
/*
 * whole.c -- pitot_http_handle(): a response that is complete when it returns.
 *
 * For hosts that send it themselves. Any thread.
 */
#include "base/alloc.h"
#include "transport/handle.h"
#include "transport/scrape.h"
#include "transport/stream.h"

#include <string.h>

#define BODY_SIZE_MAX ((size_t)1 << 30) /* a larger page is an error */
#define NS_PER_MS UINT64_C(1000000)

/* Metrics that are off make a page that is valid and has nothing on it. */
static const char *empty_page(pitot_format format)
{
    switch (format) {
    case PITOT_FORMAT_OPENMETRICS:
    case PITOT_FORMAT_OPENMETRICS_0:
    case PITOT_FORMAT_OPENMETRICS_2:
        return "# EOF\n";
    case PITOT_FORMAT_JSON:
        return "{\"version\":1,\"families\":[]}\n";
    default:
        return "";
    }
}

static void answer_empty(const struct pt_handle_plan *plan, pitot_http_response *response)
{
    pt_handle_page_head(plan, PT_ENCODING_IDENTITY, response);
    response->body = empty_page(plan->format);
    response->body_size = strlen(response->body);
}

static bool make_page(
    const pitot_snapshot *snap, const struct pt_handle_plan *plan, pitot_http_response *response)
{
    const pitot_encode_opts opts = {.escaping = plan->escaping};
    struct pt_stream_bench bench = {0};
    pitot_page *page = pitot_page_new(snap, plan->format, &opts, NULL);
    struct pt_stream stream = {
        .page = page,
        .format = plan->format,
        .escaping = plan->escaping,
        .bench = &bench,
        .coding = plan->encoding,
    };
    bool ok = page && pt_stream_open(&stream, BODY_SIZE_MAX) && stream.ended;

    if (ok) {
        pt_handle_page_head(plan, stream.coding, response);
        pt_handle_own_body(response, &stream.ready);
    }
    pt_stream_close(&stream);
    pt_stream_bench_free(&bench);
    pitot_page_free(page);
    return ok;
}

static void answer_metrics(
    pitot_registry *reg, const struct pt_handle_plan *plan, pitot_http_response *response)
{
    pitot_snapshot *snap =
        pt_scrape_take(reg, plan->query, (uint32_t)(pt_handle_collect_ns(plan) / NS_PER_MS));

    if (!snap || !make_page(snap, plan, response))
        pt_handle_refuse(500, response);
    pitot_snapshot_free(snap);
}

void pitot_http_handle(
    pitot_registry *reg, const pitot_http_request *request, pitot_http_response *response)
{
    if (!response)
        return;
    pt_handle_adopt_allocator();

    struct pt_handle_plan plan = pt_handle_plan(request);
    if (plan.route != PT_HANDLE_METRICS)
        pt_handle_run(&plan, pt_handle_program_name(), response);
    else if (reg)
        answer_metrics(reg, &plan, response);
    else
        answer_empty(&plan, response);
    pt_handle_plan_free(&plan);
}

void pitot_http_response_free(pitot_http_response *response)
{
    if (!response)
        return;
    pt_free(response->owned_);
    memset(response, 0, sizeof(*response));
}
