/* Every function with every wrong use that can be told from a right one: an error, never a crash. */

#include "check.h"

#define STATUS_IS(name, number) static_assert(PGB_STATUS_##name == number, "a status changed its number")
#ifndef __cplusplus
#define static_assert _Static_assert
#endif

/* Numbers are compiled into programs: they never change. */
STATUS_IS(OK, 0);
STATUS_IS(E_ARGUMENT, 1);
STATUS_IS(E_UTF8, 2);
STATUS_IS(E_REQUEST, 3);
STATUS_IS(E_STATE, 4);
STATUS_IS(E_HANDLE, 6);
STATUS_IS(E_CONNECT, 10);
STATUS_IS(E_TLS, 11);
STATUS_IS(E_AUTH, 12);
STATUS_IS(E_TIMEOUT, 13);
STATUS_IS(E_LOST, 14);
STATUS_IS(E_SERVER, 20);
STATUS_IS(E_PERMISSION, 21);
STATUS_IS(E_NOT_FOUND, 22);
STATUS_IS(E_CONFLICT, 23);
STATUS_IS(E_STORAGE, 24);
STATUS_IS(E_CORRUPT, 25);
STATUS_IS(E_CHAIN, 26);
STATUS_IS(E_UNSUPPORTED, 27);
STATUS_IS(E_CANCELLED, 40);
STATUS_IS(E_INTERNAL, 90);
STATUS_IS(E_PANIC, 91);
static_assert(sizeof(pgb_status) == 4, "pgb_status is 32 bits wide");

/* Too long for any memory: refused before a byte of it is read. */
static const size_t HUGE_LENGTH = (size_t)-1;

static const char *const NOT_UTF8[] = {
    "\xff",
    "{\"v\":1,\"server\":\"\xc3\"}",             /* half a character */
    "{\"v\":1,\"server\":\"\xc0\xaf\"}",         /* longer than need be */
    "{\"v\":1,\"server\":\"\xed\xa0\x80\"}",     /* half a surrogate pair */
    "{\"v\":1,\"server\":\"\xf4\x90\x80\x80\"}", /* beyond Unicode */
};

static const char *const NOT_A_REQUEST[] = {
    "", " ", "{", "}", "null", "1", "\"x\"", "[]", "{}", "{\"v\":1}", "{\"v\":1,}", "{'v':1}", "\xef\xbb\xbf{\"v\":1}",
};

static const char *const WRONG_VERSIONS[] = {"0", "2", "-1", "1.5", "4294967297", "1e99", "\"1\"", "null", "[1]", "true"};

static const char *const SECRET_NAMES[] = {"password", "Password", "pwd", "secret", "sql_password"};

enum { MAX_REQUEST = 400 };

/* `object` with one more member at its front, in `out`. */
static size_t with_member(char *out, const char *object, const char *member)
{
    int length = snprintf(out, MAX_REQUEST, "{%s,%s", member, object + 1);
    CHECK(length > 0 && length < MAX_REQUEST);
    return (size_t)length;
}

/* Brackets deep enough for a careless reader to run out of stack. */
static char *deep_nesting(size_t depth)
{
    char *text = (char *)malloc(depth);
    CHECK(text != NULL);
    memset(text, '[', depth);
    return text;
}

static void test_versions(void)
{
    CHECK(pgb_abi_version() == PGB_ABI_VERSION);
    const char *version = pgb_version();
    CHECK(version != NULL && strchr(version, '.') != NULL);
    CHECK(version == pgb_version());
    pgb_string_free(NULL);
}

static void test_explanations(void)
{
    const uint32_t numbers[] = {0, 3201, 18456, UINT32_MAX};
    char *json = NULL;
    char *error = NULL;
    CHECK(pgb_error_explain(3201, NULL, &error) == PGB_STATUS_E_ARGUMENT);
    check_error(error, PGB_STATUS_E_ARGUMENT);
    CHECK(pgb_error_explain(3201, NULL, NULL) == PGB_STATUS_E_ARGUMENT);
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        error = (char *)UNTOUCHED;
        CHECK(pgb_error_explain(numbers[i], &json, &error) == PGB_STATUS_OK && error == (char *)UNTOUCHED);
        CHECK((strstr(json, "\"known\":true") != NULL) == (numbers[i] == 3201 || numbers[i] == 18456));
        pgb_string_free(json);
    }
}

/* Asks about a schedule with wrong arguments, which must give `expected`. */
static void refuse_question(const char *question, size_t length, pgb_status expected)
{
    char *json = (char *)UNTOUCHED;
    char *error = (char *)UNTOUCHED;
    CHECK(pgb_schedule_query(question, length, &json, &error) == expected && json == (char *)UNTOUCHED);
    check_error(error, expected);
    CHECK(pgb_schedule_query(question, length, &json, NULL) == expected && json == (char *)UNTOUCHED);
}

static void test_questions(void)
{
    const char *good = "{\"v\":1,\"kind\":\"describe\",\"schedule\":{\"zone\":\"Asia/Tehran\",\"lines\":"
                       "[{\"type\":\"full\",\"when\":{\"kind\":\"daily\",\"at\":[\"02:30\"]}}]}}";
    char text[MAX_REQUEST];
    char *json = NULL;
    char *error = NULL;
    CHECK(pgb_schedule_query(good, strlen(good), NULL, &error) == PGB_STATUS_E_ARGUMENT);
    check_error(error, PGB_STATUS_E_ARGUMENT);
    CHECK(pgb_schedule_query(good, strlen(good), NULL, NULL) == PGB_STATUS_E_ARGUMENT);
    refuse_question(NULL, 0, PGB_STATUS_E_ARGUMENT);
    refuse_question(good, HUGE_LENGTH, PGB_STATUS_E_ARGUMENT);
    refuse_question(good, strlen(good) - 1, PGB_STATUS_E_REQUEST);
    refuse_question(text, with_member(text, good, "\"no_such_field\":1"), PGB_STATUS_E_REQUEST);
    refuse_question(text, with_member(text, good, "\"password\":\"hunter2\""), PGB_STATUS_E_REQUEST);
    for (size_t i = 0; i < sizeof NOT_UTF8 / sizeof NOT_UTF8[0]; i++) {
        refuse_question(NOT_UTF8[i], strlen(NOT_UTF8[i]), PGB_STATUS_E_UTF8);
    }
    for (size_t i = 0; i < sizeof NOT_A_REQUEST / sizeof NOT_A_REQUEST[0]; i++) {
        refuse_question(NOT_A_REQUEST[i], strlen(NOT_A_REQUEST[i]), PGB_STATUS_E_REQUEST);
    }
    for (size_t i = 0; i < sizeof WRONG_VERSIONS / sizeof WRONG_VERSIONS[0]; i++) {
        snprintf(text, sizeof text, "{\"v\":%s%s", WRONG_VERSIONS[i], good + strlen("{\"v\":1"));
        refuse_question(text, strlen(text), PGB_STATUS_E_REQUEST);
    }
    char *deep = deep_nesting(1000000);
    refuse_question(deep, 1000000, PGB_STATUS_E_REQUEST);
    free(deep);
    CHECK(pgb_schedule_query(good, strlen(good), &json, NULL) == PGB_STATUS_OK && json[0] == '{');
    pgb_string_free(json);
}

/* Runs pgb_server_new with wrong arguments, which must give `expected`. */
static void refuse_server(const char *options, size_t length, const char *secret, size_t secret_length, pgb_status expected)
{
    pgb_server *server = (pgb_server *)UNTOUCHED;
    char *error = (char *)UNTOUCHED;
    CHECK(pgb_server_new(options, length, (const uint8_t *)secret, secret_length, &server, &error) == expected);
    CHECK(server == (pgb_server *)UNTOUCHED);
    check_error(error, expected);
    CHECK(pgb_server_new(options, length, (const uint8_t *)secret, secret_length, &server, NULL) == expected);
    CHECK(server == (pgb_server *)UNTOUCHED);
}

static void test_servers(void)
{
    const char *good = "{\"v\":1,\"server\":\"127.0.0.1,1433\",\"user\":\"sa\"}";
    const char *secret = "hunter2";
    char text[MAX_REQUEST];
    char *error = NULL;

    CHECK(pgb_server_new(good, strlen(good), (const uint8_t *)secret, 7, NULL, &error) == PGB_STATUS_E_ARGUMENT);
    check_error(error, PGB_STATUS_E_ARGUMENT);
    CHECK(pgb_server_new(good, strlen(good), (const uint8_t *)secret, 7, NULL, NULL) == PGB_STATUS_E_ARGUMENT);
    refuse_server(NULL, 0, secret, 7, PGB_STATUS_E_ARGUMENT);
    refuse_server(NULL, strlen(good), secret, 7, PGB_STATUS_E_ARGUMENT);
    refuse_server(good, HUGE_LENGTH, secret, 7, PGB_STATUS_E_ARGUMENT);
    refuse_server(good, strlen(good), secret, HUGE_LENGTH, PGB_STATUS_E_ARGUMENT);
    refuse_server(good, strlen(good), NULL, 0, PGB_STATUS_E_REQUEST);
    refuse_server(good, strlen(good), NULL, 7, PGB_STATUS_E_REQUEST);
    refuse_server(good, strlen(good) + 1, secret, 7, PGB_STATUS_E_REQUEST); /* a NUL too many */
    refuse_server(good, strlen(good) - 1, secret, 7, PGB_STATUS_E_REQUEST);

    for (size_t i = 0; i < sizeof NOT_UTF8 / sizeof NOT_UTF8[0]; i++) {
        refuse_server(NOT_UTF8[i], strlen(NOT_UTF8[i]), secret, 7, PGB_STATUS_E_UTF8);
        refuse_server(good, strlen(good), NOT_UTF8[i], strlen(NOT_UTF8[i]), PGB_STATUS_E_UTF8);
    }
    for (size_t i = 0; i < sizeof NOT_A_REQUEST / sizeof NOT_A_REQUEST[0]; i++) {
        refuse_server(NOT_A_REQUEST[i], strlen(NOT_A_REQUEST[i]), secret, 7, PGB_STATUS_E_REQUEST);
    }
    for (size_t i = 0; i < sizeof WRONG_VERSIONS / sizeof WRONG_VERSIONS[0]; i++) {
        snprintf(text, sizeof text, "{\"v\":%s,\"server\":\".\",\"user\":\"sa\"}", WRONG_VERSIONS[i]);
        refuse_server(text, strlen(text), secret, 7, PGB_STATUS_E_REQUEST);
    }
    refuse_server(text, with_member(text, good, "\"no_such_field\":1"), secret, 7, PGB_STATUS_E_REQUEST);
    for (size_t i = 0; i < sizeof SECRET_NAMES / sizeof SECRET_NAMES[0]; i++) {
        char member[60];
        snprintf(member, sizeof member, "\"%s\":\"hunter2\"", SECRET_NAMES[i]);
        refuse_server(text, with_member(text, good, member), secret, 7, PGB_STATUS_E_REQUEST);
    }
    char *deep = deep_nesting(1000000);
    refuse_server(deep, 1000000, secret, 7, PGB_STATUS_E_REQUEST);
    free(deep);

    /* Right, with an empty password: out_error is left alone. */
    pgb_server *server = NULL;
    error = (char *)UNTOUCHED;
    CHECK(pgb_server_new(good, strlen(good), (const uint8_t *)secret, 0, &server, &error) == PGB_STATUS_OK);
    CHECK(server != NULL && error == (char *)UNTOUCHED);
    pgb_server_free(server);
    pgb_server_free(server);
    pgb_server_free(NULL);
}

/* Starts a job with wrong arguments, which must give `expected`. */
static void refuse_start(const start_case *which, const pgb_server *server, const char *request, size_t length,
                         pgb_status expected)
{
    pgb_job *job = (pgb_job *)UNTOUCHED;
    char *error = (char *)UNTOUCHED;
    pgb_status status = which->function(server, request, length, &job, &error);
    if (status != expected) {
        fprintf(stderr, "%s: status %d instead of %d\n", which->name, (int)status, (int)expected);
        exit(1);
    }
    CHECK(job == (pgb_job *)UNTOUCHED);
    check_error(error, expected);
    CHECK(which->function(server, request, length, &job, NULL) == expected);
    CHECK(job == (pgb_job *)UNTOUCHED);
}

/* Handles that never were one; none may be taken for a living handle or be looked into. */
static const void *made_up(size_t index)
{
    static const int ours = 0;
    const uintptr_t numbers[] = {1, 2, 3, 7, 8, 0xfff, UINTPTR_MAX, UINTPTR_MAX - 7, UINTPTR_MAX / 2 + 1};
    if (index < sizeof numbers / sizeof numbers[0]) {
        return (const void *)numbers[index];
    }
    return index == sizeof numbers / sizeof numbers[0] ? &ours : NULL;
}

/* Those whose request here asks nothing of a server. */
static const start_case LOCAL[] = {
    {"pgb_chain_start", pgb_chain_start, false, "{\"v\":1,\"kind\":\"chains\",\"paths\":[\"/no/such/folder\"]}"},
    {"pgb_prune_start", pgb_prune_start, false, "{\"v\":1,\"kind\":\"undo\",\"paths\":[\"/no/such/folder\"]}"},
    {"pgb_service_start", pgb_service_start, false, "{\"v\":1,\"action\":\"stop\",\"names\":[\"no such service\"]}"},
};

/* Handles that are none: one of a server that was freed, and one of another kind. */
typedef struct {
    const pgb_server *stale;
    const pgb_job *job;
} wrong_handles;

/* Everything that is refused at once; `server` is right. */
static void test_start(const start_case *which, const pgb_server *server, const wrong_handles *wrong)
{
    char text[MAX_REQUEST];
    const char *good = which->request;
    size_t length = strlen(good);
    char *error = NULL;

    CHECK(which->function(server, good, length, NULL, &error) == PGB_STATUS_E_ARGUMENT);
    check_error(error, PGB_STATUS_E_ARGUMENT);
    CHECK(which->function(server, good, length, NULL, NULL) == PGB_STATUS_E_ARGUMENT);
    refuse_start(which, server, NULL, 0, PGB_STATUS_E_ARGUMENT);
    refuse_start(which, server, NULL, length, PGB_STATUS_E_ARGUMENT);
    refuse_start(which, server, good, HUGE_LENGTH, PGB_STATUS_E_ARGUMENT);
    refuse_start(which, server, good, length - 1, PGB_STATUS_E_REQUEST);
    refuse_start(which, wrong->stale, good, length, PGB_STATUS_E_HANDLE);
    refuse_start(which, (const pgb_server *)(const void *)wrong->job, good, length, PGB_STATUS_E_HANDLE);
    for (size_t i = 0; made_up(i) != NULL; i++) {
        refuse_start(which, (const pgb_server *)made_up(i), good, length, PGB_STATUS_E_HANDLE);
    }
    for (size_t i = 0; i < sizeof NOT_UTF8 / sizeof NOT_UTF8[0]; i++) {
        refuse_start(which, server, NOT_UTF8[i], strlen(NOT_UTF8[i]), PGB_STATUS_E_UTF8);
    }
    for (size_t i = 0; i < sizeof NOT_A_REQUEST / sizeof NOT_A_REQUEST[0]; i++) {
        refuse_start(which, server, NOT_A_REQUEST[i], strlen(NOT_A_REQUEST[i]), PGB_STATUS_E_REQUEST);
    }
    for (size_t i = 0; i < sizeof WRONG_VERSIONS / sizeof WRONG_VERSIONS[0]; i++) {
        snprintf(text, sizeof text, "{\"v\":%s%s", WRONG_VERSIONS[i], good + strlen("{\"v\":1"));
        refuse_start(which, server, text, strlen(text), PGB_STATUS_E_REQUEST);
    }
    refuse_start(which, server, text, with_member(text, good, "\"no_such_field\":1"), PGB_STATUS_E_REQUEST);
    for (size_t i = 0; i < sizeof SECRET_NAMES / sizeof SECRET_NAMES[0]; i++) {
        char member[60];
        snprintf(member, sizeof member, "\"%s\":\"hunter2\"", SECRET_NAMES[i]);
        refuse_start(which, server, text, with_member(text, good, member), PGB_STATUS_E_REQUEST);
    }
    char *deep = deep_nesting(1000000);
    refuse_start(which, server, deep, 1000000, PGB_STATUS_E_REQUEST);
    free(deep);
}

/* A job that needs no server starts without one, and can be cancelled. */
static void start_without_server(const start_case *which)
{
    pgb_job *job = started(which, NULL);
    CHECK(pgb_job_cancel(job) == PGB_STATUS_OK);
    end_of(job);
    pgb_job_free(job);
}

static void test_starts(const pgb_server *server, const wrong_handles *wrong)
{
    for (size_t i = 0; i < START_COUNT; i++) {
        const start_case *which = &STARTS[i];
        test_start(which, server, wrong);
        if (which->needs_server) {
            refuse_start(which, NULL, which->request, strlen(which->request), PGB_STATUS_E_ARGUMENT);
        } else {
            start_without_server(which);
        }
    }
    for (size_t i = 0; i < sizeof LOCAL / sizeof LOCAL[0]; i++) {
        test_start(&LOCAL[i], server, wrong);
        start_without_server(&LOCAL[i]);
    }
}

/* Asks everything of what is no living job. */
static void refuse_job(const void *wrong, pgb_status expected)
{
    const pgb_job *job = (const pgb_job *)wrong;
    int32_t state = -7;
    char *json = (char *)UNTOUCHED;
    char *error = (char *)UNTOUCHED;
    CHECK(pgb_job_wait(job, 0, &state) == expected && state == -7);
    CHECK(pgb_job_wait(job, UINT32_MAX, &state) == expected && state == -7);
    CHECK(pgb_job_status(job, 0, &json, &error) == expected && json == (char *)UNTOUCHED);
    check_error(error, expected);
    CHECK(pgb_job_status(job, 0, &json, NULL) == expected && json == (char *)UNTOUCHED);
    error = (char *)UNTOUCHED;
    CHECK(pgb_job_page(job, UINT32_MAX, &json, &error) == expected && json == (char *)UNTOUCHED);
    check_error(error, expected);
    CHECK(pgb_job_page(job, 0, &json, NULL) == expected && json == (char *)UNTOUCHED);
    error = (char *)UNTOUCHED;
    CHECK(pgb_job_result(job, &json, &error) == expected && json == (char *)UNTOUCHED);
    check_error(error, expected);
    CHECK(pgb_job_result(job, &json, NULL) == expected && json == (char *)UNTOUCHED);
    CHECK(pgb_job_cancel(job) == expected);
}

static void test_wrong_jobs(pgb_server *server, const pgb_job *stale)
{
    refuse_job(NULL, PGB_STATUS_E_ARGUMENT);
    refuse_job(stale, PGB_STATUS_E_HANDLE);
    refuse_job(server, PGB_STATUS_E_HANDLE);
    for (size_t i = 0; made_up(i) != NULL; i++) {
        refuse_job(made_up(i), PGB_STATUS_E_HANDLE);
        pgb_job_free((pgb_job *)made_up(i));
        pgb_server_free((pgb_server *)made_up(i));
    }
    pgb_job_free(NULL);
    /* Freed as the wrong kind: nothing happens, the server is as it was. */
    pgb_job_free((pgb_job *)(void *)server);
    pgb_job *job = started(&STARTS[0], server);
    pgb_server_free((pgb_server *)(void *)job);
    CHECK(pgb_job_cancel(job) == PGB_STATUS_OK);
    pgb_job_free(job);
}

static void check_pages(const pgb_job *job, uint32_t timeout_ms, const char *expected)
{
    char *page = NULL;
    CHECK(pgb_job_page(job, timeout_ms, &page, NULL) == PGB_STATUS_OK);
    CHECK(strcmp(page, expected) == 0);
    pgb_string_free(page);
}

static void check_result(const pgb_job *job, pgb_status expected)
{
    char *json = (char *)UNTOUCHED;
    char *error = NULL;
    CHECK(pgb_job_result(job, &json, &error) == expected && json == (char *)UNTOUCHED);
    check_error(error, expected);
    CHECK(pgb_job_result(job, &json, NULL) == expected);
}

/* A job whose server never says a word: everything before, at and after its end. */
static void test_running_job(const pgb_server *silent)
{
    pgb_job *job = started(&STARTS[3], silent);
    int32_t state = -7;
    char *json = (char *)UNTOUCHED;
    char *error = NULL;

    CHECK(pgb_job_wait(job, 0, &state) == PGB_STATUS_OK && state == RUNNING);
    CHECK(pgb_job_wait(job, 30, &state) == PGB_STATUS_OK && state == RUNNING);
    CHECK(pgb_job_wait(job, 0, NULL) == PGB_STATUS_E_ARGUMENT);
    check_result(job, PGB_STATUS_E_STATE);
    CHECK(pgb_job_status(job, 0, NULL, &error) == PGB_STATUS_E_ARGUMENT);
    check_error(error, PGB_STATUS_E_ARGUMENT);
    CHECK(pgb_job_page(job, 0, NULL, &error) == PGB_STATUS_E_ARGUMENT);
    check_error(error, PGB_STATUS_E_ARGUMENT);
    CHECK(pgb_job_result(job, NULL, &error) == PGB_STATUS_E_ARGUMENT);
    check_error(error, PGB_STATUS_E_ARGUMENT);
    error = (char *)UNTOUCHED;
    CHECK(pgb_job_status(job, UINT64_MAX, &json, &error) == PGB_STATUS_OK && error == (char *)UNTOUCHED);
    CHECK(strstr(json, "\"state\":\"running\"") != NULL && strstr(json, "\"messages\":[]") != NULL);
    pgb_string_free(json);
    check_pages(job, 0, "{\"v\":1,\"items\":[],\"done\":false}");
    check_pages(job, 30, "{\"v\":1,\"items\":[],\"done\":false}");

    CHECK(pgb_job_cancel(job) == PGB_STATUS_OK);
    CHECK(pgb_job_cancel(job) == PGB_STATUS_OK);
    CHECK(end_of(job) == CANCELLED);
    check_result(job, PGB_STATUS_E_CANCELLED);
    check_pages(job, UINT32_MAX, "{\"v\":1,\"items\":[],\"done\":true}");
    CHECK(pgb_job_cancel(job) == PGB_STATUS_OK);
    CHECK(end_of(job) == CANCELLED);
    check_result(job, PGB_STATUS_E_CANCELLED);
    pgb_job_free(job);
    pgb_job_free(job);
    refuse_job(job, PGB_STATUS_E_HANDLE);

    /* Free while running. */
    for (size_t i = 0; i < START_COUNT; i++) {
        job = started(&STARTS[i], silent);
        pgb_job_free(job);
        refuse_job(job, PGB_STATUS_E_HANDLE);
    }
}

static void test_failing_job(uint16_t closed_port)
{
    for (size_t i = 0; i < START_COUNT; i++) {
        pgb_server *server = server_at(closed_port);
        pgb_job *job = started(&STARTS[i], server);
        pgb_server_free(server); /* the job keeps what it needs */
        CHECK(end_of(job) == FAILED);
        check_result(job, PGB_STATUS_E_CONNECT);
        check_pages(job, 0, "{\"v\":1,\"items\":[],\"done\":true}");
        CHECK(pgb_job_cancel(job) == PGB_STATUS_OK);
        CHECK(end_of(job) == FAILED);
        pgb_job_free(job);
    }
}

static void test_shutdown(const pgb_server *silent)
{
    pgb_job *job = started(&STARTS[0], silent);
    CHECK(pgb_shutdown(10000) == PGB_STATUS_OK);
    CHECK(end_of(job) == CANCELLED);
    check_result(job, PGB_STATUS_E_CANCELLED);
    CHECK(pgb_shutdown(0) == PGB_STATUS_OK);
    CHECK(pgb_job_cancel(job) == PGB_STATUS_OK);
    pgb_job_free(job);
    /* Without a moment to end: the job is thrown away, and still reaches its end. */
    job = started(&STARTS[1], silent);
    CHECK(pgb_shutdown(0) == PGB_STATUS_OK);
    CHECK(end_of(job) == CANCELLED);
    pgb_job_free(job);
    /* Servers live on, and new jobs get new threads. */
    job = started(&STARTS[2], silent);
    CHECK(pgb_job_cancel(job) == PGB_STATUS_OK);
    CHECK(end_of(job) == CANCELLED);
    pgb_job_free(job);
}

int main(void)
{
    CHECK(pgb_shutdown(0) == PGB_STATUS_OK); /* before anything was begun */
    test_versions();
    test_explanations();
    test_questions();
    test_servers();

    uint16_t closed_port = quiet_port(false);
    pgb_server *silent = server_at(quiet_port(true));
    pgb_server *stale_server = server_at(closed_port);
    pgb_server_free(stale_server);
    pgb_job *stale_job = started(&STARTS[0], silent);
    pgb_job_free(stale_job);
    pgb_job *living_job = started(&STARTS[0], silent);

    const wrong_handles wrong = {stale_server, living_job};
    test_starts(silent, &wrong);
    test_wrong_jobs(silent, stale_job);
    test_running_job(silent);
    test_failing_job(closed_port);
    pgb_job_free(living_job);
    test_shutdown(silent);

    pgb_server_free(silent);
    CHECK(pgb_shutdown(10000) == PGB_STATUS_OK);
    puts("misuse: every wrong use was refused");
    return 0;
}
