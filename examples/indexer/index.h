/* SPDX-License-Identifier: MIT */
/* index.h -- from a word to how often it occurs and in how many files, for any number of threads.
 */
#ifndef INDEXER_INDEX_H
#define INDEXER_INDEX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define INDEX_BYTES_MAX ((size_t)256 << 20) /* new words are refused beyond */
#define WORD_SIZE_MIN 2
#define WORD_SIZE_MAX 40 /* what is longer is no word but an encoded something */

struct index;

struct token {
    const char *at;
    size_t size;
    uint64_t hash;
};

/* Where a tokenizer is in a text. */
struct tokens {
    char *at;
    char *end;
};

/* The next words of the text, in lower case (which it becomes in place); 0 at its end. */
size_t tokens_next(struct tokens *tokens, struct token *out, size_t out_max);

/* What a call changed in the size of the index. */
struct index_change {
    int64_t words;
    int64_t bytes;
    uint64_t refused; /* words that found no room */
};

struct index *index_new(void); /* NULL without memory */
void index_free(struct index *index);

/* Adds words of one file. `file` is a number that no other file has, in any pass. A word's counts
 * start again at 0 with the first file of a new pass that has it. */
struct index_change index_write(
    struct index *index, uint64_t pass, uint64_t file, const struct token *words, size_t count);

/* Forgets the words that this pass did not meet. */
struct index_change index_sweep(struct index *index, uint64_t pass);

#endif
