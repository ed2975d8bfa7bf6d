/* SPDX-License-Identifier: MIT */
/*
 * build_info.c -- which library this is: its version, and what compiled it.
 *
 * The metric is always 1; what it says is in its labels, to be joined with others.
 * Adding it twice is adding it once. Any thread.
 */
#include <pitot/pitot.h>

#define TEXT(token) TEXT_(token)
#define TEXT_(token) #token

#if defined(__clang__)
#define COMPILER                                                                                   \
    "clang " TEXT(__clang_major__) "." TEXT(__clang_minor__) "." TEXT(__clang_patchlevel__)
#else
#define COMPILER "gcc " TEXT(__GNUC__) "." TEXT(__GNUC_MINOR__) "." TEXT(__GNUC_PATCHLEVEL__)
#endif

const char *pitot_version(void)
{
    return PITOT_VERSION;
}

bool pitot_build_info_add(pitot_registry *reg, pitot_error *err)
{
    pitot_info *info = pitot_info_new(reg, err,
        &(pitot_desc){
            .name = "pitot_build_info",
            .help = "Always 1; the labels say which Pitot this is and what compiled it.",
            .const_labels =
                (const pitot_label[]){
                    {"version", PITOT_VERSION},
                    {"compiler", COMPILER},
                    {NULL, NULL},
                },
        });

    return info != NULL;
}
