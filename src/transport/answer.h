/* SPDX-License-Identifier: MIT */
/* answer.h -- what a request is answered. */
#ifndef PT_TRANSPORT_ANSWER_H
#define PT_TRANSPORT_ANSWER_H

#include "transport/hub.h"

/* The constant answer for a status that is an error. */
enum MHD_Result pt_answer_refuse(struct pt_exchange *exchange, int status);

/* 500, where there was no memory for an exchange. */
enum MHD_Result pt_answer_refuse_poor(
    struct pt_hub *hub, struct MHD_Connection *mhd, struct pt_connection *connection);

/* What the plan says, at once. For all routes but METRICS. */
enum MHD_Result pt_answer_run(struct pt_exchange *exchange);

/* For METRICS. Begins the answer, or suspends the connection: then it is to be called again when
 * that was resumed. */
enum MHD_Result pt_answer_scrape(struct pt_exchange *exchange);

/* The exchange wants nothing of its view any more. May be called at any time, and again. */
void pt_answer_end(struct pt_exchange *exchange);

#endif
