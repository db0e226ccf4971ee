/*
 * One recipe of each kind, as a program would follow them.
 *
 *     recipes SERVER DATABASE FOLDER          a striped backup that the server verifies; prints its files
 *     recipes SERVER DATABASE FOLDER FILES    a log backup, the history, and a restore to the end of the log
 *
 * PGB_USER and PGB_PASSWORD are in the environment.
 */

#include "check.h"

enum { VALUE = 2048, REQUEST = 4 * VALUE };

/* Copies a member's value as it stands in a JSON text without spaces; the first member of that name counts. */
static void value_of(const char *json, const char *name, char *out)
{
    char key[80];
    snprintf(key, sizeof key, "\"%s\":", name);
    const char *at = strstr(json, key);
    CHECK(at != NULL);
    at += strlen(key);
    size_t length = 0;
    int depth = 0;
    bool quoted = false;
    for (;; length++) {
        char c = at[length];
        CHECK(c != '\0' && length < VALUE - 1);
        if (quoted) {
            length += c == '\\';
            quoted = c != '"';
        } else if (c == '"') {
            quoted = true;
        } else if (c == '[' || c == '{') {
            depth++;
        } else if (depth > 0 && (c == ']' || c == '}')) {
            depth--;
        } else if (depth == 0 && (c == ',' || c == ']' || c == '}')) {
            break;
        }
    }
    memcpy(out, at, length);
    out[length] = '\0';
}

/* Ends the program with what is wrong. */
static void fail(const char *what, char *error)
{
    fprintf(stderr, "%s: %s\n", what, error);
    pgb_string_free(error);
    exit(1);
}

static pgb_job *start(starter function, const pgb_server *server, const char *request)
{
    pgb_job *job = NULL;
    char *error = NULL;
    if (function(server, request, strlen(request), &job, &error) != PGB_STATUS_OK) {
        fail(request, error);
    }
    return job;
}

/* Runs a job to its end: its result. */
static char *done(starter function, const pgb_server *server, const char *request)
{
    pgb_job *job = start(function, server, request);
    int32_t state = end_of(job);
    char *result = NULL;
    char *error = NULL;
    pgb_status status = pgb_job_result(job, &result, &error);
    pgb_job_free(job);
    if (state != SUCCEEDED || status != PGB_STATUS_OK) {
        fail(request, error);
    }
    return result;
}

static void check_that(const char *json, const char *name, const char *expected)
{
    char value[VALUE];
    value_of(json, name, value);
    if (strcmp(value, expected) != 0) {
        fprintf(stderr, "%s is %s and not %s in %s\n", name, value, expected, json);
        exit(1);
    }
}

/* A full backup in two files, verified. */
static void back_up(const pgb_server *server, char **words)
{
    char request[REQUEST], files[VALUE];
    snprintf(request, sizeof request,
             "{\"v\":1,\"database\":\"%s\",\"type\":\"full\",\"destination\":\"%s\",\"stripes\":2,\"verify\":true}", words[2],
             words[3]);
    char *result = done(pgb_backup_start, server, request);
    check_that(result, "type", "\"full\"");
    check_that(result, "verified", "true");
    value_of(result, "files", files);
    pgb_string_free(result);
    CHECK(strchr(files, ',') != NULL);
    puts(files);
}

/* Lists of files are JSON as they come: [a,b] and [c] become {"file":a},{"file":b},{"file":c}. */
static void to_sources(const char *files, char *sources, size_t size)
{
    const char *at = files + 1;
    while (*at != '\0' && *at != ']') {
        size_t length = strcspn(at + 1, "\"") + 2;
        size_t used = strlen(sources);
        snprintf(sources + used, size - used, "%s{\"file\":%.*s}", used > 0 ? "," : "", (int)length, at);
        at += length + (at[length] == ',');
    }
}

/* A log backup, what the server remembers of it, and a restore of its end beside the database. */
static void restore(const pgb_server *server, char **words)
{
    char request[REQUEST], log[VALUE], moment[VALUE];
    snprintf(request, sizeof request, "{\"v\":1,\"database\":\"%s\",\"type\":\"log\",\"destination\":\"%s\"}", words[2],
             words[3]);
    char *result = done(pgb_backup_start, server, request);
    check_that(result, "type", "\"log\"");
    value_of(result, "files", log);
    pgb_string_free(result);

    /* The newest comes first. */
    snprintf(request, sizeof request, "{\"v\":1,\"kind\":\"history\",\"names\":[\"%s\"],\"last\":2}", words[2]);
    pgb_job *job = start(pgb_query_start, server, request);
    char *page = NULL;
    CHECK(pgb_job_page(job, 30000, &page, NULL) == PGB_STATUS_OK);
    check_that(page, "BackupTypeName", "\"log\"");
    value_of(page, "BackupFinishDate", moment);
    pgb_string_free(page);
    CHECK(end_of(job) == SUCCEEDED);
    pgb_job_free(job);

    char sources[2 * VALUE] = "";
    to_sources(words[4], sources, sizeof sources);
    to_sources(log, sources, sizeof sources);
    snprintf(request, sizeof request,
             "{\"v\":1,\"database\":\"%s_then\",\"sources\":[%s],\"point_in_time\":%s}", words[2], sources, moment);
    result = done(pgb_restore_start, server, request);
    check_that(result, "restored_to", moment);
    CHECK(strstr(result, "\"stop_at\":\"") != NULL);
    pgb_string_free(result);
    printf("log, history, and a restore to %s\n", moment);
}

int main(int count, char **words)
{
    const char *user = getenv("PGB_USER");
    const char *password = getenv("PGB_PASSWORD");
    CHECK((count == 4 || count == 5) && user != NULL && password != NULL);
    char request[REQUEST];
    int length = snprintf(request, sizeof request, "{\"v\":1,\"server\":\"%s\",\"user\":\"%s\"}", words[1], user);
    pgb_server *server = NULL;
    char *error = NULL;
    pgb_status status = pgb_server_new(request, (size_t)length, (const uint8_t *)password, strlen(password), &server, &error);
    if (status != PGB_STATUS_OK) {
        fail("no server handle", error);
    }

    if (count == 4) {
        back_up(server, words);
    } else {
        restore(server, words);
    }
    pgb_server_free(server);
    return 0;
}
