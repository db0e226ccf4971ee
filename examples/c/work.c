#include "work.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "json.h"

enum { RUNNING, SUCCEEDED, FAILED, CANCELLED };

static volatile sig_atomic_t asked_to_stop = 0;
static bool cancelled = false;

static void on_interrupt(int number)
{
    asked_to_stop = 1;
    signal(number, SIG_DFL); /* the next one ends the program; SQL Server then ends the work itself */
}

bool was_cancelled(void)
{
    return cancelled;
}

bool library_fits(void)
{
    if (pgb_abi_version() == PGB_ABI_VERSION) {
        return true;
    }
    fprintf(stderr, "libpgbackup %s has ABI version %u, this program needs %d\n", pgb_version(),
            (unsigned)pgb_abi_version(), PGB_ABI_VERSION);
    return false;
}

void print_error(const char *doing, char *error)
{
    fprintf(stderr, "%s failed", doing);
    if (error != NULL) {
        json_print(stderr, ": ", json_member(error, "message"), "");
        json_value cause = json_first(json_member(error, "causes"));
        for (; cause.at != NULL; cause = json_next(cause)) {
            json_print(stderr, "\n  because: ", cause, "");
        }
        json_value said = json_first(json_member(error, "server"));
        for (; said.at != NULL; said = json_next(said)) {
            json_print(stderr, "\n  SQL Server, message ", json_member(said.at, "number"), "");
            json_print(stderr, ": ", json_member(said.at, "message"), "");
        }
        json_print(stderr, "\n  what to do: ", json_member(error, "hint"), "");
    }
    fputc('\n', stderr);
    pgb_string_free(error);
}

pgb_server *connect_to(const char *address)
{
    const char *user = getenv("PGB_USER");
    const char *password = getenv("PGB_PASSWORD");
    char *server_name = json_string(address);
    char *user_name = user == NULL ? text_of("null") : json_string(user);
    char *options = text_of("{\"v\":1,\"server\":%s,\"user\":%s}", server_name, user_name);
    pgb_server *server = NULL;
    char *error = NULL;
    size_t length = password == NULL ? 0 : strlen(password);
    if (pgb_server_new(options, strlen(options), (const uint8_t *)password, length, &server, &error)
        != PGB_STATUS_OK) {
        print_error("the login", error);
    }
    free(server_name);
    free(user_name);
    free(options);
    return server;
}

/* A line such as "backing_up [##########..........]  50 %  0:01:30 left". */
static void show_progress(const char *status)
{
    json_print(stderr, "\r\033[K", json_member(status, "phase"), " ");
    json_value percent = json_member(status, "percent");
    if (percent.at != NULL && !json_is(percent, "null")) {
        char bar[21];
        unsigned share = (unsigned)json_number(percent);
        unsigned full = share > 100 ? 20 : share / 5;
        memset(bar, '.', sizeof bar - 1);
        memset(bar, '#', full);
        bar[20] = '\0';
        fprintf(stderr, "[%s] %3u %%", bar, share);
    }
    unsigned left = (unsigned)(json_number(json_member(status, "eta_ms")) / 1000);
    if (left > 0) {
        fprintf(stderr, "  %u:%02u:%02u left", left / 3600, left / 60 % 60, left % 60);
    }
}

/* Progress and warnings since the last look, and the wish to stop. */
static void look_at(const pgb_job *job, uint64_t *seen)
{
    if (asked_to_stop) {
        pgb_job_cancel(job);
    }
    char *status = NULL;
    if (pgb_job_status(job, *seen, &status, NULL) != PGB_STATUS_OK) {
        return;
    }
    *seen = json_number(json_member(status, "last_seq"));
    json_value message = json_first(json_member(status, "messages"));
    for (; message.at != NULL; message = json_next(message)) {
        if (json_is(json_member(message.at, "level"), "\"warning\"")) {
            json_print(stderr, "\r\033[K", json_member(message.at, "text"), "\n");
        }
    }
    show_progress(status);
    pgb_string_free(status);
}

/* Reads rows until there are none; false after an error, which is the job's own end. */
static bool read_rows(const pgb_job *job, uint64_t *seen, row_reader reader, void *context)
{
    bool done = false;
    while (!done) {
        char *page = NULL;
        if (pgb_job_page(job, 200, &page, NULL) != PGB_STATUS_OK) {
            return false;
        }
        look_at(job, seen);
        fputs("\r\033[K", stderr);
        json_value row = json_first(json_member(page, "items"));
        for (; row.at != NULL; row = json_next(row)) {
            reader(row.at, context);
        }
        done = json_is(json_member(page, "done"), "true");
        pgb_string_free(page);
    }
    return true;
}

char *run_job(const char *doing, starter function, const pgb_server *server, char *request, row_reader reader,
              void *context)
{
    pgb_job *job = NULL;
    char *error = NULL;
    char *result = NULL;
    pgb_status status = function(server, request, strlen(request), &job, &error);
    free(request);
    if (status != PGB_STATUS_OK) {
        print_error(doing, error);
        return NULL;
    }
    asked_to_stop = 0;
    signal(SIGINT, on_interrupt);
    uint64_t seen = 0;
    if (reader != NULL) {
        read_rows(job, &seen, reader, context);
    }
    int32_t state = RUNNING;
    while (pgb_job_wait(job, 200, &state) == PGB_STATUS_OK && state == RUNNING) {
        look_at(job, &seen);
    }
    fputs("\r\033[K", stderr);
    signal(SIGINT, SIG_DFL);
    cancelled = state == CANCELLED;
    if (pgb_job_result(job, &result, &error) != PGB_STATUS_OK) {
        print_error(doing, error);
    }
    pgb_job_free(job);
    return result;
}
