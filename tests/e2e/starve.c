/* SPDX-License-Identifier: MIT */
/*
 * starve.c -- a host program that runs out of file descriptors, and gets over it.
 *
 *     starve ADDRESS
 *
 * `eat` on standard input opens files until no more can be opened, `release` closes them again;
 * each is answered by a line. The end of input ends the program.
 */
#include "serve.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#define FDS_MAX 64

struct meal {
    int fds[FDS_MAX];
    int count;
};

static void eat(struct meal *meal)
{
    int fd;

    while (meal->count < FDS_MAX && (fd = open("/dev/null", O_RDONLY | O_CLOEXEC)) >= 0)
        meal->fds[meal->count++] = fd;
    printf("starving: %s\n", strerror(errno));
    fflush(stdout);
}

static void release(struct meal *meal)
{
    while (meal->count > 0)
        close(meal->fds[--meal->count]);
    say("released");
}

int main(int argc, char **argv)
{
    static struct meal meal;
    char command[32];
    const struct rlimit limit = {FDS_MAX, FDS_MAX};

    if (setrlimit(RLIMIT_NOFILE, &limit) != 0)
        return EXIT_FAILURE;
    end_with_input();
    pitot_server *server = serve(pitot_registry_default(), argc > 1 ? argv[1] : "127.0.0.1:0");
    while (fgets(command, sizeof(command), stdin)) {
        if (strcmp(command, "eat\n") == 0)
            eat(&meal);
        else
            release(&meal);
    }
    pitot_server_stop(server);
    return EXIT_SUCCESS;
}
