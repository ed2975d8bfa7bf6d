/* SPDX-License-Identifier: MIT */
/* replay.c -- feeds files, or all files of folders, to a fuzz target once: no fuzzer needed. */
#include "fuzz/fuzz.h"

#include <dirent.h>
#include <sys/stat.h>

static int replay_file(const char *path)
{
    FILE *file = fopen(path, "rb");
    struct stat info;

    if (!file || fstat(fileno(file), &info) != 0) {
        perror(path);
        return 1;
    }
    size_t size = (size_t)info.st_size;
    uint8_t *bytes = malloc(size ? size : 1); /* exactly: who reads past the end is seen */
    if (bytes && fread(bytes, 1, size, file) == size)
        LLVMFuzzerTestOneInput(bytes, size);
    free(bytes);
    fclose(file);
    return 0;
}

static int replay(const char *path)
{
    DIR *folder = opendir(path);
    char name[1024];
    int failed = 0;

    if (!folder)
        return replay_file(path);
    for (struct dirent *entry; (entry = readdir(folder));)
        if (entry->d_name[0] != '.') {
            snprintf(name, sizeof(name), "%s/%s", path, entry->d_name);
            failed |= replay_file(name);
        }
    closedir(folder);
    return failed;
}

int main(int argc, char **argv)
{
    int failed = argc < 2;

    for (int i = 1; i < argc; i++)
        failed |= replay(argv[i]);
    return failed;
}
