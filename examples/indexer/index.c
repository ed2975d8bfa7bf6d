/* SPDX-License-Identifier: MIT */
/*
 * index.c -- an inverted index in a sharded hash table.
 *
 * A word's hash picks its shard (high bits) and its bucket there (low bits). Each shard has a lock,
 * a chained table that doubles when it has a word per bucket, and an equal part of the memory
 * limit, so workers seldom meet and no shard asks another one for room.
 */
#include "index.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define SHARD_BITS 6
#define SHARDS (1 << SHARD_BITS)
#define SHARD_BYTES_MAX (INDEX_BYTES_MAX / SHARDS)
#define BUCKETS_FIRST 256

struct word {
    struct word *next;
    uint64_t hash;
    uint64_t occurrences;
    uint64_t files;
    uint64_t last_file; /* that had it, so that a file counts once */
    uint64_t pass;      /* that the counts belong to */
    size_t size;
    char text[];
};

struct shard {
    pthread_mutex_t lock; /* over what follows; no thread holds two */
    struct word **buckets;
    size_t bucket_count; /* a power of two, or 0 */
    size_t words;
    size_t bytes;
};

struct index {
    struct shard shards[SHARDS];
};

static bool is_word_byte(unsigned char c)
{
    /* Bytes of a UTF-8 sequence belong to words; their case stays as it is. */
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c >= 0x80;
}

/* One word, from its first byte to the one after its last: made lower case and hashed (FNV-1a). */
static uint64_t fold(char *at, const char *end)
{
    uint64_t hash = 14695981039346656037u;

    for (; at < end; at++) {
        if (*at >= 'A' && *at <= 'Z')
            *at = (char)(*at + ('a' - 'A'));
        hash = (hash ^ (unsigned char)*at) * 1099511628211u;
    }
    return hash ^ hash >> 32; /* FNV mixes upwards only; buckets are chosen by low bits */
}

size_t tokens_next(struct tokens *tokens, struct token *out, size_t out_max)
{
    size_t count = 0;

    while (count < out_max && tokens->at < tokens->end) {
        char *start = tokens->at;

        while (tokens->at < tokens->end && is_word_byte((unsigned char)*tokens->at))
            tokens->at++;
        size_t size = (size_t)(tokens->at - start);
        if (size >= WORD_SIZE_MIN && size <= WORD_SIZE_MAX)
            out[count++] = (struct token){start, size, fold(start, tokens->at)};
        if (tokens->at < tokens->end)
            tokens->at++; /* the byte that ended it */
    }
    return count;
}

struct index *index_new(void)
{
    struct index *index = calloc(1, sizeof(*index));

    for (int i = 0; index && i < SHARDS; i++)
        pthread_mutex_init(&index->shards[i].lock, NULL);
    return index;
}

void index_free(struct index *index)
{
    for (int i = 0; index && i < SHARDS; i++) {
        struct shard *shard = &index->shards[i];

        for (size_t j = 0; j < shard->bucket_count; j++) {
            while (shard->buckets[j]) {
                struct word *word = shard->buckets[j];

                shard->buckets[j] = word->next;
                free(word);
            }
        }
        free(shard->buckets);
        pthread_mutex_destroy(&shard->lock);
    }
    free(index);
}

/* Doubles the table. When there is no room the old one stays, with longer chains. */
static void grow(struct shard *shard)
{
    size_t count = shard->bucket_count ? shard->bucket_count * 2 : BUCKETS_FIRST;
    size_t more_bytes = (count - shard->bucket_count) * sizeof(struct word *);
    struct word **buckets = NULL;

    if (shard->bytes + more_bytes <= SHARD_BYTES_MAX)
        buckets = calloc(count, sizeof(struct word *));
    if (!buckets)
        return;
    for (size_t i = 0; i < shard->bucket_count; i++) {
        while (shard->buckets[i]) {
            struct word *word = shard->buckets[i];
            struct word **bucket = &buckets[word->hash & (count - 1)];

            shard->buckets[i] = word->next;
            word->next = *bucket;
            *bucket = word;
        }
    }
    free(shard->buckets);
    shard->buckets = buckets;
    shard->bucket_count = count;
    shard->bytes += more_bytes;
}

static struct word *find(const struct shard *shard, const struct token *token)
{
    if (!shard->bucket_count)
        return NULL;
    struct word *word = shard->buckets[token->hash & (shard->bucket_count - 1)];
    while (word && (word->hash != token->hash || word->size != token->size ||
                       memcmp(word->text, token->at, token->size) != 0))
        word = word->next;
    return word;
}

static struct word *insert(struct shard *shard, const struct token *token)
{
    size_t size = sizeof(struct word) + token->size;

    if (shard->words >= shard->bucket_count)
        grow(shard);
    if (!shard->bucket_count || shard->bytes + size > SHARD_BYTES_MAX)
        return NULL;
    struct word *word = calloc(1, size);
    if (!word)
        return NULL;
    struct word **bucket = &shard->buckets[token->hash & (shard->bucket_count - 1)];
    word->hash = token->hash;
    word->size = token->size;
    memcpy(word->text, token->at, token->size);
    word->next = *bucket;
    *bucket = word;
    shard->words++;
    shard->bytes += size;
    return word;
}

/* Under the shard's lock. False when there is no room for a new word. */
static bool add(struct shard *shard, uint64_t pass, uint64_t file, const struct token *token)
{
    struct word *word = find(shard, token);

    if (!word)
        word = insert(shard, token);
    if (!word)
        return false;
    if (word->pass != pass) {
        word->pass = pass;
        word->occurrences = 0;
        word->files = 0;
        word->last_file = 0;
    }
    word->occurrences++;
    word->files += word->last_file != file;
    word->last_file = file;
    return true;
}

struct index_change index_write(
    struct index *index, uint64_t pass, uint64_t file, const struct token *words, size_t count)
{
    struct index_change change = {0};

    for (size_t i = 0; i < count; i++) {
        struct shard *shard = &index->shards[words[i].hash >> (64 - SHARD_BITS)];

        pthread_mutex_lock(&shard->lock);
        size_t words_before = shard->words, bytes_before = shard->bytes;
        change.refused += !add(shard, pass, file, &words[i]);
        change.words += (int64_t)(shard->words - words_before);
        change.bytes += (int64_t)(shard->bytes - bytes_before);
        pthread_mutex_unlock(&shard->lock);
    }
    return change;
}

static void sweep_bucket(struct shard *shard, struct word **link, uint64_t pass)
{
    while (*link) {
        struct word *word = *link;

        if (word->pass == pass) {
            link = &word->next;
            continue;
        }
        *link = word->next;
        shard->words--;
        shard->bytes -= sizeof(struct word) + word->size;
        free(word);
    }
}

struct index_change index_sweep(struct index *index, uint64_t pass)
{
    struct index_change change = {0};

    for (int i = 0; i < SHARDS; i++) {
        struct shard *shard = &index->shards[i];

        pthread_mutex_lock(&shard->lock);
        size_t words_before = shard->words, bytes_before = shard->bytes;
        for (size_t j = 0; j < shard->bucket_count; j++)
            sweep_bucket(shard, &shard->buckets[j], pass);
        change.words -= (int64_t)(words_before - shard->words);
        change.bytes -= (int64_t)(bytes_before - shard->bytes);
        pthread_mutex_unlock(&shard->lock);
    }
    return change;
}
