/* SPDX-License-Identifier: MIT */
/* main.c -- what another project's program does first: count something, and show it. */
#define _GNU_SOURCE /* memmem */
#include <pitot/http.h>
#include <pitot/pitot.h>

#include <stdio.h>
#include <string.h>

int main(void)
{
    pitot_error err = {0};
    pitot_registry *reg = pitot_registry_new(&err);
    pitot_counter *seen =
        pitot_counter_new(reg, &err, &(pitot_desc){.name = "seen_total", .help = "Things seen."});
    pitot_http_request request = {.method = "GET", .target = "/metrics"};
    pitot_http_response response;

    pitot_counter_inc(seen);
    pitot_http_handle(reg, &request, &response);
    bool shown = response.status == 200 && memmem(response.body, response.body_size,
                                               "\nseen_total 1\n", strlen("\nseen_total 1\n"));
    pitot_http_response_free(&response);
    pitot_registry_free(reg);
    if (err.code)
        fprintf(stderr, "metrics: %s\n", err.message);
    return shown && !err.code && strcmp(pitot_version(), PITOT_VERSION) == 0 ? 0 : 1;
}
