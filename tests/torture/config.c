/* SPDX-License-Identifier: MIT */
/*
 * config.c -- reads one web configuration file after another, as a server does at its start.
 *
 * Each line on standard input is a path; it is answered by the reason why no server starts with
 * that file, or "taken". The end of input ends the program.
 */
#include "../e2e/serve.h"

#include <string.h>

int main(void)
{
    char path[4096];

    while (fgets(path, sizeof(path), stdin)) {
        pitot_error err = {0};

        path[strcspn(path, "\n")] = '\0';
        pitot_server *server = pitot_server_start(pitot_registry_default(), &err,
            &(pitot_server_opts){.listen = "127.0.0.1:0", .web_config_file = path});
        say(server ? "taken" : err.message);
        pitot_server_stop(server);
    }
    return EXIT_SUCCESS;
}
