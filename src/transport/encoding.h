/* SPDX-License-Identifier: MIT */
/* encoding.h -- which content coding answers an Accept-Encoding header. */
#ifndef PT_TRANSPORT_ENCODING_H
#define PT_TRANSPORT_ENCODING_H

enum pt_encoding { PT_ENCODING_IDENTITY = 0, PT_ENCODING_GZIP, PT_ENCODING_ZSTD };

/* What a build has, the one it likes best first. */
enum pt_encoding_offer {
    PT_ENCODING_OFFER_GZIP = 0,
    PT_ENCODING_OFFER_GZIP_ZSTD,
    PT_ENCODING_OFFER_ZSTD_GZIP,
};

/* `accept_encoding` may be NULL. When everything is refused the answer is identity. */
enum pt_encoding pt_encoding_choose(const char *accept_encoding);

/* The same, of this offer. */
enum pt_encoding pt_encoding_choose_of(enum pt_encoding_offer offer, const char *accept_encoding);

/* For Content-Encoding; NULL for identity, which has none. */
const char *pt_encoding_name(enum pt_encoding encoding);

#endif
