/* SPDX-License-Identifier: MIT */
/*
 * answer.c -- what a request is answered.
 *
 * What needs no collector is answered at once. For a page the request becomes a reader of a view;
 * until it is READY or FAILED the connection is suspended. A page that is not long is sent whole,
 * with its length; a longer one is made piece by piece, as the client takes it. When memory runs
 * out on the way the connection is reset, so that what was sent cannot be taken for all. Everything
 * runs on the server's thread.
 */
#include "transport/answer.h"

#include "base/clock.h"
#include "transport/reply.h"

#define WHOLE_SIZE 65536 /* pages that are not much longer are sent with their length */

static void begin_sending(struct pt_hub *hub, struct pt_connection *connection, int status)
{
    pt_tally_request(&hub->tally, status);
    pt_connections_send(&hub->connections, connection, pt_clock_ns());
}

static enum MHD_Result send_whole(struct pt_exchange *exchange, const pitot_http_response *response)
{
    begin_sending(exchange->hub, exchange->connection, response->status);
    exchange->connection->handed = exchange->head ? 0 : response->body_size;
    return pt_reply_whole(&exchange->hub->web, exchange->mhd, response);
}

enum MHD_Result pt_answer_refuse(struct pt_exchange *exchange, int status)
{
    pitot_http_response response;

    pt_handle_refuse(status, &response);
    return send_whole(exchange, &response);
}

enum MHD_Result pt_answer_refuse_poor(
    struct pt_hub *hub, struct MHD_Connection *mhd, struct pt_connection *connection)
{
    pitot_http_response response;

    connection->timeout_ns = hub->connections.limits.send_ns;
    begin_sending(hub, connection, 500);
    pt_handle_refuse(500, &response);
    return pt_reply_whole(&hub->web, mhd, &response);
}

enum MHD_Result pt_answer_run(struct pt_exchange *exchange)
{
    pitot_http_response response;

    pt_handle_run(&exchange->plan, exchange->hub->name, &response);
    return send_whole(exchange, &response);
}

void pt_answer_end(struct pt_exchange *exchange)
{
    if (!exchange->scraping)
        return;
    exchange->scraping = false;
    exchange->hub->scrapes--;
    pt_stream_close(&exchange->stream);
    pt_views_leave(&exchange->hub->views, &exchange->reader, pt_clock_ns());
}

/* What the snapshot cost is the first one's to account for. */
static void end_complete(struct pt_exchange *exchange)
{
    struct pt_scrape_job *job = &exchange->reader.page->job;

    pitot_summary_observe(exchange->hub->tally.scrape_seconds,
        job->work_s + pt_clock_seconds(0, exchange->stream.work_ns));
    job->work_s = 0;
    pt_answer_end(exchange);
}

static ssize_t read_page(void *cls, uint64_t at, char *bytes, size_t room)
{
    struct pt_exchange *exchange = cls;
    struct pt_hub *hub = exchange->hub;
    uint64_t before_ns = exchange->stream.work_ns;

    (void)at;
    if (!exchange->scraping)
        return MHD_CONTENT_READER_END_WITH_ERROR;
    ssize_t size = pt_stream_read(&exchange->stream, bytes, room);
    hub->connections.work_ns += exchange->stream.work_ns - before_ns;
    if (size > 0) {
        exchange->connection->handed += (size_t)size;
        return size;
    }
    if (size == 0) {
        end_complete(exchange);
        return MHD_CONTENT_READER_END_OF_STREAM;
    }
    pt_connections_kill(&hub->connections, exchange->connection);
    pt_answer_end(exchange);
    return MHD_CONTENT_READER_END_WITH_ERROR;
}

static enum MHD_Result send_page(struct pt_exchange *exchange)
{
    struct pt_hub *hub = exchange->hub;
    struct pt_stream *stream = &exchange->stream;
    pitot_http_response response;

    *stream = (struct pt_stream){
        .page = exchange->reader.page->job.page,
        .format = exchange->plan.format,
        .escaping = exchange->plan.escaping,
        .bench = &hub->bench,
        .coding = exchange->plan.encoding,
        .shared = exchange->reader.page->holders > 1,
    };
    bool ok = pt_stream_open(stream, WHOLE_SIZE);
    hub->connections.work_ns += stream->work_ns;
    if (!ok) {
        pt_answer_end(exchange);
        return pt_answer_refuse(exchange, 500);
    }
    if (exchange->reader.shared)
        pitot_counter_inc(hub->tally.shared);
    pt_handle_page_head(&exchange->plan, stream->coding, &response);
    if (stream->ended) {
        pt_handle_own_body(&response, &stream->ready);
        end_complete(exchange);
        return send_whole(exchange, &response);
    }
    begin_sending(hub, exchange->connection, response.status);
    if (exchange->head) {
        pt_answer_end(exchange);
        return pt_reply_head(&hub->web, exchange->mhd, &response);
    }
    return pt_reply_stream(&hub->web, exchange->mhd, &response, read_page, exchange);
}

static enum MHD_Result begin_scrape(struct pt_exchange *exchange)
{
    struct pt_hub *hub = exchange->hub;
    uint64_t now_ns = pt_clock_ns();
    uint64_t collect_ns = pt_handle_collect_ns(&exchange->plan);

    if (hub->scrapes >= hub->scrapes_max) {
        pitot_counter_inc(hub->tally.refused);
        return pt_answer_refuse(exchange, 503);
    }
    exchange->scraping = true;
    hub->scrapes++;
    exchange->reader = (struct pt_reader){
        .format = exchange->plan.format,
        .escaping = exchange->plan.escaping,
        .query = exchange->plan.query,
        .collect_by_ns = collect_ns ? now_ns + collect_ns : 0,
        .owner = exchange,
    };
    pt_views_join(&hub->views, &exchange->reader, now_ns);
    return MHD_YES;
}

enum MHD_Result pt_answer_scrape(struct pt_exchange *exchange)
{
    if (!exchange->scraping) {
        enum MHD_Result result = begin_scrape(exchange);
        if (!exchange->scraping)
            return result;
    }
    switch (exchange->reader.state) {
    case PT_READER_READY:
        return send_page(exchange);
    case PT_READER_WAITING:
    case PT_READER_PENDING:
        exchange->suspended = true;
        MHD_suspend_connection(exchange->mhd);
        return MHD_YES;
    case PT_READER_FAILED:
    case PT_READER_NONE:
        break;
    }
    pt_answer_end(exchange);
    return pt_answer_refuse(exchange, 500);
}
