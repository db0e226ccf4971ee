/*
 * A stand-in for the native library, for what the real one cannot be made to do at will: speak another
 * ABI version, run for hours, fail in a page, give odd JSON. It takes its answers from files beside it
 * and writes down every call, so a test sees what the module asked, in which order, and what it freed.
 *
 * For /x/stub.so, the folder /x/stub.so.d holds
 *     abi            the ABI version to claim (1 without the file)
 *     <kind>.script  what a job of the kind does (backup, restore, verify, query, server), a line each:
 *                        refuse STATUS JSON    the start fails
 *                        page JSON             one more page of items
 *                        status JSON           one more answer of pgb_job_status (the last one repeats)
 *                        run MS                the job runs so long ("run -1": until it is cancelled)
 *                        result JSON | fail STATUS JSON
 *     calls          every call, a line each: NAME TAB what was passed
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define MAX_LINES 64

typedef struct job {
    char *pages[MAX_LINES], *statuses[MAX_LINES], *result;
    int page_count, page_next, status_count, status_next, status, cancelled;
    long run_ms;
    struct timespec started;
} job;

static char *path_of(const char *name) {
    Dl_info info;
    char *path = NULL;
    if (!dladdr((void *)path_of, &info) || asprintf(&path, "%s.d/%s", info.dli_fname, name) < 0) abort();
    return path;
}

static char *file_text(const char *name) {
    char *path = path_of(name), *text = NULL;
    FILE *file = fopen(path, "rb");
    free(path);
    if (!file) return NULL;
    fseek(file, 0, SEEK_END);
    long size = ftell(file);
    rewind(file);
    text = calloc(1, (size_t)size + 1);
    if (text && fread(text, 1, (size_t)size, file) != (size_t)size) abort();
    fclose(file);
    return text;
}

static void tell(const char *format, ...) {
    char *path = path_of("calls");
    FILE *file = fopen(path, "ab");
    free(path);
    if (!file) return;
    va_list rest;
    va_start(rest, format);
    vfprintf(file, format, rest);
    va_end(rest);
    fputc('\n', file);
    fclose(file);
}

static long elapsed_ms(const job *one) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (now.tv_sec - one->started.tv_sec) * 1000 + (now.tv_nsec - one->started.tv_nsec) / 1000000;
}

static int state_of(const job *one) {
    if (one->cancelled) return 3;
    if (one->run_ms < 0 || elapsed_ms(one) < one->run_ms) return 0;
    return one->status ? 2 : 1;
}

static void pause_ms(long ms) {
    struct timespec time = {ms / 1000, ms % 1000 * 1000000};
    nanosleep(&time, NULL);
}

/* Starts a job by its script. A refusal leaves *out_job alone. */
static int start(const char *kind, const uint8_t *request, size_t length, job **out_job, char **out_error) {
    tell("%s\t%.*s", kind, (int)length, (const char *)request);
    char *name = NULL;
    if (asprintf(&name, "%s.script", kind) < 0) abort();
    char *script = file_text(name), *rest = script, *line;
    free(name);
    job *one = calloc(1, sizeof *one);
    clock_gettime(CLOCK_MONOTONIC, &one->started);
    one->result = strdup("{}");
    while (script && (line = strsep(&rest, "\n"))) {
        char *word = strsep(&line, " ");
        if (!strcmp(word, "page")) one->pages[one->page_count++] = strdup(line);
        else if (!strcmp(word, "status")) one->statuses[one->status_count++] = strdup(line);
        else if (!strcmp(word, "run")) one->run_ms = atol(line);
        else if (!strcmp(word, "result")) { free(one->result); one->result = strdup(line); }
        else if (!strcmp(word, "fail") || !strcmp(word, "refuse")) {
            one->status = atoi(strsep(&line, " "));
            free(one->result);
            one->result = strdup(line);
            if (word[0] == 'r') {
                *out_error = one->result;
                int status = one->status;
                free(one);
                free(script);
                return status;
            }
        }
    }
    free(script);
    *out_job = one;
    return 0;
}

uint32_t pgb_abi_version(void) {
    char *text = file_text("abi");
    uint32_t version = text ? (uint32_t)atoi(text) : 1;
    free(text);
    return version;
}

const char *pgb_version(void) { return "0.0.0-stub"; }

int pgb_error_explain(uint32_t number, char **out, char **out_error) {
    (void)out_error;
    return asprintf(out, "{\"v\":1,\"number\":%u,\"known\":false}", number) < 0 ? 90 : 0;
}

void pgb_string_free(char *text) { free(text); }

int pgb_server_new(const uint8_t *options, size_t options_length, const uint8_t *secret, size_t secret_length, void **out, char **out_error) {
    if (!secret) { secret = (const uint8_t *)"<none>"; secret_length = strlen("<none>"); }
    tell("server_new\t%.*s\t%.*s", (int)options_length, (const char *)options, (int)secret_length, (const char *)secret);
    char *script = file_text("server.script");
    if (script) {
        *out_error = strdup(script + strcspn(script, "{"));
        (*out_error)[strcspn(*out_error, "\n")] = 0;
        int status = atoi(script + strlen("refuse "));
        free(script);
        return status;
    }
    *out = malloc(1);
    return 0;
}

void pgb_server_free(void *server) { tell("server_free\t"); free(server); }

int pgb_backup_start(void *server, const uint8_t *request, size_t length, job **out, char **error) { (void)server; return start("backup", request, length, out, error); }
int pgb_restore_start(void *server, const uint8_t *request, size_t length, job **out, char **error) { (void)server; return start("restore", request, length, out, error); }
int pgb_repair_start(void *server, const uint8_t *request, size_t length, job **out, char **error) { (void)server; return start("repair", request, length, out, error); }
int pgb_verify_start(void *server, const uint8_t *request, size_t length, job **out, char **error) { (void)server; return start("verify", request, length, out, error); }
int pgb_chain_start(void *server, const uint8_t *request, size_t length, job **out, char **error) { (void)server; return start("chain", request, length, out, error); }
int pgb_restore_test_start(void *server, const uint8_t *request, size_t length, job **out, char **error) { (void)server; return start("restore_test", request, length, out, error); }
int pgb_service_start(void *server, const uint8_t *request, size_t length, job **out, char **error) { (void)server; return start("service", request, length, out, error); }
int pgb_prune_start(void *server, const uint8_t *request, size_t length, job **out, char **error) { (void)server; return start("prune", request, length, out, error); }
int pgb_query_start(void *server, const uint8_t *request, size_t length, job **out, char **error) { (void)server; return start("query", request, length, out, error); }

int pgb_job_wait(job *one, uint32_t timeout_ms, int32_t *out_state) {
    long until = elapsed_ms(one) + timeout_ms;
    while ((*out_state = state_of(one)) == 0 && elapsed_ms(one) < until) pause_ms(5);
    return 0;
}

int pgb_job_status(job *one, uint64_t after, char **out, char **out_error) {
    (void)out_error;
    tell("status\t%llu", (unsigned long long)after);
    if (!one->status_count) { *out = strdup("{\"v\":1,\"state\":\"running\",\"phase\":\"\",\"percent\":null,\"messages\":[],\"last_seq\":0,\"dropped\":0}"); return 0; }
    *out = strdup(one->statuses[one->status_next]);
    if (one->status_next + 1 < one->status_count) one->status_next++;
    return 0;
}

int pgb_job_page(job *one, uint32_t timeout_ms, char **out, char **out_error) {
    (void)out_error;
    if (one->page_next < one->page_count) { *out = strdup(one->pages[one->page_next++]); return 0; }
    int32_t state;
    pgb_job_wait(one, timeout_ms, &state);
    *out = strdup(state ? "{\"v\":1,\"items\":[],\"done\":true}" : "{\"v\":1,\"items\":[],\"done\":false}");
    return 0;
}

int pgb_job_result(job *one, char **out, char **out_error) {
    tell("result\t");
    if (one->cancelled) { *out_error = strdup("{\"v\":1,\"status\":40,\"code\":\"cancelled\",\"message\":\"cancelled\"}"); return 40; }
    *(one->status ? out_error : out) = strdup(one->result);
    return one->status;
}

int pgb_job_cancel(job *one) { tell("cancel\t"); one->cancelled = 1; return 0; }

void pgb_job_free(job *one) {
    tell("job_free\t");
    for (int i = 0; i < one->page_count; i++) free(one->pages[i]);
    for (int i = 0; i < one->status_count; i++) free(one->statuses[i]);
    free(one->result);
    free(one);
}
