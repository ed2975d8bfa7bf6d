/* SPDX-License-Identifier: MIT */
/* reply.h -- a response handed to libmicrohttpd. */
#ifndef PT_TRANSPORT_REPLY_H
#define PT_TRANSPORT_REPLY_H

#include <microhttpd.h>

#include "transport/web.h"

/* Each response has the headers that `web` configures, too; they replace its own. */

/* With all of its body, which libmicrohttpd frees, whatever it returns. */
enum MHD_Result pt_reply_whole(
    const struct pt_web *web, struct MHD_Connection *mhd, const pitot_http_response *response);

/* With a body whose length is not known, that `read` gives. `head` has none. */
enum MHD_Result pt_reply_stream(const struct pt_web *web, struct MHD_Connection *mhd,
    const pitot_http_response *head, MHD_ContentReaderCallback read, void *read_ctx);

/* The same for a HEAD: without the body, and the connection ends. */
enum MHD_Result pt_reply_head(
    const struct pt_web *web, struct MHD_Connection *mhd, const pitot_http_response *head);

#endif
