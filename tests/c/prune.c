/* Removes the backups of a folder that no rule keeps and nothing kept needs, and can put them back:
 *
 *     prune FOLDER KEEP_LAST           plans, and prints KEEP or DELETE for each file, and why
 *     prune FOLDER KEEP_LAST apply     and removes: exactly what the plan says, or less
 *     prune FOLDER undo                puts back what was removed
 *
 * No server is needed. A plan is text that is handed back unchanged: it stands in the result as a
 * JSON string, which goes into the next request just as it is, without a JSON reader. */

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pgbackup.h"

typedef pgb_status (*starter)(const pgb_server *, const char *, size_t, pgb_job **, char **);

static char *joined(const char *one, const char *two, const char *three)
{
    size_t length = strlen(one) + strlen(two) + strlen(three) + 1;
    char *text = (char *)malloc(length);
    if (text == NULL) {
        fputs("out of memory\n", stderr);
        exit(1);
    }
    snprintf(text, length, "%s%s%s", one, two, three);
    return text;
}

/* A text as a JSON string. Control characters in paths are refused. */
static char *json_string(const char *text)
{
    char *quoted = joined("\"", text, text);
    char *to = quoted + 1;
    for (const char *from = text; *from != '\0'; from++) {
        if ((unsigned char)*from < ' ') {
            fputs("the path holds a control character\n", stderr);
            exit(2);
        }
        if (*from == '"' || *from == '\\') {
            *to++ = '\\';
        }
        *to++ = *from;
    }
    *to++ = '"';
    *to = '\0';
    return quoted;
}

/* The JSON string after a field's name, with its quotation marks; NULL for none. */
static char *field(const char *json, const char *name)
{
    char *key = joined("\"", name, "\":\"");
    const char *at = strstr(json, key);
    const char *start = at == NULL ? NULL : at + strlen(key);
    free(key);
    if (start == NULL) {
        return NULL;
    }
    const char *end = start;
    while (*end != '"' && *end != '\0') {
        end += *end == '\\' && end[1] != '\0' ? 2 : 1;
    }
    size_t length = (size_t)(end - start);
    char *text = (char *)malloc(length + 3);
    if (text == NULL) {
        fputs("out of memory\n", stderr);
        exit(1);
    }
    text[0] = '"';
    memcpy(text + 1, start, length);
    memcpy(text + 1 + length, "\"", 2);
    return text;
}

/* Prints a field of a result for people: \n and \" and \\ are the escapes that its texts have. */
static void print_field(FILE *to, const char *json, const char *name)
{
    char *text = field(json, name);
    if (text == NULL) {
        return;
    }
    for (const char *at = text + 1; *at != '\0' && at[1] != '\0'; at++) {
        if (*at == '\\') {
            at++;
            fputc(*at == 'n' ? '\n' : *at, to);
        } else {
            fputc(*at, to);
        }
    }
    free(text);
}

/* Runs a job to its end: its result, to be freed with pgb_string_free; NULL after an error. */
static char *run(starter start, const char *request)
{
    pgb_job *job = NULL;
    char *error = NULL;
    char *result = NULL;
    pgb_status status = start(NULL, request, strlen(request), &job, &error);
    bool done = status != PGB_STATUS_OK;
    while (!done) { /* a job ends only after its rows are taken; the result tells enough here */
        char *page = NULL;
        status = pgb_job_page(job, 1000, &page, &error);
        done = status != PGB_STATUS_OK || strstr(page, "\"done\":true") != NULL;
        pgb_string_free(page);
    }
    int32_t state = 0;
    while (status == PGB_STATUS_OK && state == 0) {
        status = pgb_job_wait(job, 1000, &state);
    }
    if (status == PGB_STATUS_OK) {
        status = pgb_job_result(job, &result, &error);
    }
    if (status != PGB_STATUS_OK && error != NULL) {
        fputs("it failed: ", stderr);
        print_field(stderr, error, "message");
        fputs("\n  what to do: ", stderr);
        print_field(stderr, error, "hint");
        fputs("\n", stderr);
    }
    pgb_string_free(error);
    pgb_job_free(job);
    return result;
}

int main(int argc, char **argv)
{
    bool undo = argc == 3 && strcmp(argv[2], "undo") == 0;
    bool apply = argc == 4 && strcmp(argv[3], "apply") == 0;
    if (argc < 3 || argc > 4 || (argc == 4 && !apply)) {
        fputs("usage: prune FOLDER KEEP_LAST [apply] | prune FOLDER undo\n", stderr);
        return 2;
    }
    char *folder = json_string(argv[1]);
    char *request = NULL;
    if (undo) {
        request = joined("{\"v\":1,\"kind\":\"undo\",\"paths\":[", folder, "]}");
    } else {
        char number[24];
        snprintf(number, sizeof number, "%ld", strtol(argv[2], NULL, 10));
        char *begin = joined("{\"v\":1,\"kind\":\"removal\",\"paths\":[", folder, "],\"keep_last\":");
        request = joined(begin, number, "}");
        free(begin);
    }
    free(folder);
    char *result = run(undo ? pgb_prune_start : pgb_chain_start, request);
    free(request);
    if (result != NULL && !undo) {
        print_field(stdout, result, "text");
    }
    if (result != NULL && apply) {
        char *plan = field(result, "plan");
        request = joined("{\"v\":1,\"kind\":\"apply\",\"plan\":", plan == NULL ? "\"\"" : plan, "}");
        free(plan);
        pgb_string_free(result);
        result = run(pgb_prune_start, request);
        free(request);
    }
    if (result != NULL && (apply || undo)) {
        puts(result);
    }
    int code = result == NULL ? 1 : 0;
    pgb_string_free(result);
    pgb_shutdown(10000);
    return code;
}
