/* SPDX-License-Identifier: MIT */
/*
 * http.h -- serve a registry over HTTP (libpitot-http).
 *
 * Two ways. pitot_server_start() runs a small server on threads of its own. A host that has an
 * event loop already calls pitot_http_handle() with what it parsed, and sends what it gets back.
 * The rules at the top of pitot.h hold here too.
 */
#ifndef PITOT_HTTP_H
#define PITOT_HTTP_H

#include <pitot/pitot.h>

#ifdef __cplusplus
extern "C" {
#endif

#pragma GCC visibility push(default)

/* ---- A server of its own ---- */

typedef struct pitot_server pitot_server;

typedef struct pitot_http_header {
    const char *name;
    const char *value;
} pitot_http_header;

/* Who may log in; the hash is bcrypt's, as `htpasswd -nBC 10 NAME` prints it: "$2y$10$...". */
typedef struct pitot_web_user {
    const char *name;
    const char *hash;
} pitot_web_user;

/*
 * What a web configuration file says (docs/web-config.md), for a program that has a configuration
 * of its own: the names, values and rules are the same. Everything is copied, and NULL or 0 is the
 * default. Files are PEM, read again when they change.
 */
typedef struct pitot_web_config {
    const char *cert_file; /* with key_file: HTTPS */
    const char *key_file;
    const char *client_ca_file;
    const char *client_auth_type;           /* "NoClientCert", or
                                               "RequireAndVerifyClientCert" with client_ca_file */
    const char *const *client_allowed_sans; /* exact DNS names, addresses, URIs, e-mails */
    size_t client_allowed_san_count;
    const char *min_version; /* "TLS12" (the default), "TLS13" */
    const char *max_version;
    const char *const *cipher_suites; /* "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", ... */
    size_t cipher_suite_count;
    const char *const *curve_preferences; /* "X25519", "CurveP256", "CurveP384", "CurveP521" */
    size_t curve_preference_count;
    bool prefer_client_cipher_suites; /* the client's order counts, not the server's */
    const pitot_http_header *headers; /* of every answer; five names are allowed */
    size_t header_count;
    const pitot_web_user *users; /* basic auth; none: everybody */
    size_t user_count;
    uint32_t rate_interval_ms; /* a request for each so many milliseconds; 0: any rate */
    uint32_t rate_burst;       /* and so many at once */
    uintptr_t reserved_[8];    /* zero */
} pitot_web_config;

/* A field left out takes its default. */
typedef struct pitot_server_opts {
    const char *listen;         /* "127.0.0.1:9464" (the default), "[::1]:0", ":9464" (any
                                   address), "localhost:9464", "unix:/run/app/metrics.sock",
                                   or "systemd": the socket of a .socket unit, "systemd:NAME" for
                                   its FileDescriptorName= where the unit has several */
    const char *name;           /* of the program, for the landing page; default: its own */
    uint32_t connections_max;   /* 64; when full, the one that has been idle or incomplete for
                                   longest makes room for the newcomer */
    uint32_t header_timeout_ms; /* 5000: from accept, or a next request's first byte, to the end of
                                   its headers */
    uint32_t idle_timeout_ms;   /* 75000: between two requests of a connection */
    uint32_t send_timeout_ms;   /* 30000: from the request's end to the response's last byte; longer
                                   when the client's X-Prometheus-Scrape-Timeout-Seconds is */
    bool openmetrics2;          /* OpenMetrics 2.0.0-rc0 for who asks for it; experimental */
    bool notify_ready;          /* tells systemd READY=1 (Type=notify) once it serves, if there is
                                   a NOTIFY_SOCKET; for a program that has nothing else to start */
    uint32_t share_ms;          /* 1000: as long as somebody is still being sent a page, others who
                                   come within so long get the same snapshot; so do all while the
                                   server is at cpu_percent_max. Who asks alone gets a new one. */
    uint32_t scrapes_max;       /* 64: more at once are told to come back (503) */
    uint32_t rate_min;          /* 16384: bytes a second; a client that reads slower is cut */
    const pitot_web_config *web; /* TLS, passwords, headers; default: none of it */
    const char *web_config_file; /* the same from a file, as exporters' --web.config.file; read
                                    again when it changes. One of the two. */
    const char *const *hosts;    /* on a loopback address only: names that requests may be for
                                    (Host), beside the loopback addresses and "localhost"; for a
                                    proxy that passes the name on that it was asked for */
    size_t host_count;           /* 64 at most */
    uint32_t per_address_max;    /* connections of one address, or IPv6 network of 64 bits: half of
                                    connections_max, and any number for loopback addresses; when
                                    given, it holds for these too. Beyond it one of its own makes
                                    room for the newcomer. */
    uint32_t cpu_percent_max;    /* 40: of one CPU, that the serving thread takes while 8 or more
                                   connections are open, or 100 a second are made; answers come
                                   later then, and snapshots are shared. 100: all it can get. */
    uintptr_t reserved_[4];      /* zero */
} pitot_server_opts;

/* Binds, then serves `/metrics`, `/`, `/-/healthy` and `/-/ready` until it is stopped. NULL with
 * the system's own reason when it cannot bind; the host runs on without. A registry serves while it
 * is still being filled. `opts` may be NULL. */
pitot_server *pitot_server_start(
    pitot_registry *reg, pitot_error *err, const pitot_server_opts *opts);

/* The TCP port it listens on, for a `listen` that ended in ":0"; 0 for a unix socket or NULL. */
uint16_t pitot_server_port(const pitot_server *server);

/* What to open: "http://127.0.0.1:9464" or "unix:/run/app/metrics.sock". Valid until it stops. */
const char *pitot_server_url(const pitot_server *server);

/* True with the reason in `err` when the server does not serve any more, because the program closed
 * its file descriptors (closefrom()), or the system refused what the HTTP engine cannot do without:
 * what is left is to stop it, before another one is started. Or when a change of the web
 * configuration or a certificate was not taken over: it runs on with what it had, until a change is
 * good. Any thread. */
bool pitot_server_error(pitot_server *server, pitot_error *err);

/* Closes every connection, joins the threads and frees. The port is free when it returns. In a
 * child of fork(), where the server is the parent's, it closes the child's copies of its sockets,
 * and nothing else: do so in a child that lives on. */
void pitot_server_stop(pitot_server *server);

/* ---- Request in, response out ---- */

/* What the caller's HTTP parser found. Header values are NULL when the request has none. */
typedef struct pitot_http_request {
    const char *method;          /* "GET" */
    const char *target;          /* "/metrics?x=1" */
    const char *accept;          /* Accept */
    const char *accept_encoding; /* Accept-Encoding */
    bool openmetrics2;           /* as in pitot_server_opts: of the server, not of the client */
    const char *scrape_timeout;  /* X-Prometheus-Scrape-Timeout-Seconds: collectors that would take
                                    longer are left out */
    uintptr_t reserved_[6];
} pitot_http_request;

#define PITOT_HTTP_HEADERS_MAX 12

/* The answer; `body` belongs to it. Content-Length is the sender's to write, and is `body_size`
 * for HEAD too, whose body is not to be sent. */
typedef struct pitot_http_response {
    int status;
    size_t header_count;
    pitot_http_header headers[PITOT_HTTP_HEADERS_MAX];
    const char *body;
    size_t body_size;
    void *owned_;
} pitot_http_response;

/* Always fills `response`: when memory runs out it is a 500 with a constant body. The response is a
 * function of the request and the registry alone; nothing of the request is ever sent back. */
void pitot_http_handle(
    pitot_registry *reg, const pitot_http_request *request, pitot_http_response *response);

void pitot_http_response_free(pitot_http_response *response);

#pragma GCC visibility pop

#ifdef __cplusplus
}
#endif
#endif
