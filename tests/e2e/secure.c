/* SPDX-License-Identifier: MIT */
/*
 * secure.c -- a server with a web configuration file.
 *
 *     secure ADDRESS FILE
 *
 * Each line on standard input is answered by what pitot_server_error() says, or "well". The end of
 * input ends the program.
 */
#include "serve.h"

int main(int argc, char **argv)
{
    pitot_error err = {0};
    char line[16];

    end_with_input();
    pitot_server *server =
        serve_by(pitot_registry_default(), argc > 1 ? argv[1] : NULL, argc > 2 ? argv[2] : NULL);
    while (fgets(line, sizeof(line), stdin))
        say(pitot_server_error(server, &err) ? err.message : "well");
    pitot_server_stop(server);
    return EXIT_SUCCESS;
}
