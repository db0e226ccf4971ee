/* What the C tests share: checks that end the program, and servers that are not there or say nothing. */

#ifndef PGB_TESTS_CHECK_H
#define PGB_TESTS_CHECK_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#ifdef _WIN32
#include <winsock2.h>
#include <ws2tcpip.h>
#else
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#endif

#include "pgbackup.h"

#ifdef _WIN32
typedef SOCKET socket_handle;
#define NO_SOCKET INVALID_SOCKET
#else
typedef int socket_handle;
#define NO_SOCKET (-1)
#endif

#define CHECK(condition)                                                                                     \
    do {                                                                                                     \
        if (!(condition)) {                                                                                  \
            fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #condition);                          \
            exit(1);                                                                                         \
        }                                                                                                    \
    } while (0)

enum { RUNNING, SUCCEEDED, FAILED, CANCELLED };

/* Written into out arguments beforehand: shows whether they were touched. Never dereferenced, like all handles. */
#define UNTOUCHED ((void *)(uintptr_t)0x5a5a)

typedef pgb_status (*starter)(const pgb_server *, const char *, size_t, pgb_job **, char **);

/* A function that starts a job, with a request that it takes. */
typedef struct {
    const char *name;
    starter function;
    bool needs_server; /* the others can do something on this machine when there is none */
    const char *request;
} start_case;

/* Those that talk to the server that they are given. */
static const start_case STARTS[] = {
    {"pgb_backup_start", pgb_backup_start, true,
     "{\"v\":1,\"database\":\"\xd9\x85\xd8\xb4\xd8\xaa\xd8\xb1\xdb\x8c\",\"type\":\"full\",\"destination\":\"D:\\\\Backup\"}"},
    {"pgb_restore_start", pgb_restore_start, true,
     "{\"v\":1,\"database\":\"a]b'c\",\"sources\":[{\"file\":\"D:\\\\x.bak\",\"position\":1}]}"},
    {"pgb_repair_start", pgb_repair_start, true, "{\"v\":1,\"database\":\"a]b'c\",\"dry_run\":true}"},
    {"pgb_restore_test_start", pgb_restore_test_start, true,
     "{\"v\":1,\"database\":\"a]b'c\",\"sources\":[{\"file\":\"D:\\\\x.bak\"}]}"},
    {"pgb_verify_start", pgb_verify_start, false, "{\"v\":1,\"sources\":[{\"file\":\"D:\\\\x.bak\"}]}"},
    {"pgb_query_start", pgb_query_start, false, "{\"v\":1,\"kind\":\"databases\"}"},
};

enum { START_COUNT = sizeof STARTS / sizeof STARTS[0] };

/* A port of the loopback address that answers nothing: connections are taken by the system, if `listening`, and
 * refused otherwise. It stays ours until the program ends, so that nobody else can get it. */
static inline uint16_t quiet_port(bool listening)
{
#ifdef _WIN32
    WSADATA data;
    CHECK(WSAStartup(MAKEWORD(2, 2), &data) == 0);
#endif
    struct sockaddr_in address;
    memset(&address, 0, sizeof address);
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof address;
    socket_handle handle = socket(AF_INET, SOCK_STREAM, 0);
    CHECK(handle != NO_SOCKET);
    CHECK(bind(handle, (struct sockaddr *)&address, length) == 0);
    CHECK(!listening || listen(handle, 4096) == 0);
    CHECK(getsockname(handle, (struct sockaddr *)&address, &length) == 0);
    return ntohs(address.sin_port);
}

/* A server handle for a port of the loopback address; the password is "hunter2". */
static inline pgb_server *server_at(uint16_t port)
{
    char options[120];
    int length = snprintf(options, sizeof options, "{\"v\":1,\"server\":\"127.0.0.1,%d\",\"user\":\"sa\"}", port);
    pgb_server *server = NULL;
    char *error = NULL;
    pgb_status status = pgb_server_new(options, (size_t)length, (const uint8_t *)"hunter2", 7, &server, &error);
    CHECK(status == PGB_STATUS_OK && server != NULL && error == NULL);
    return server;
}

/* Starts the job of a case; it must start. */
static inline pgb_job *started(const start_case *which, const pgb_server *server)
{
    pgb_job *job = NULL;
    CHECK(which->function(server, which->request, strlen(which->request), &job, NULL) == PGB_STATUS_OK);
    CHECK(job != NULL);
    return job;
}

/* Waits for the end of a job: its state. */
static inline int32_t end_of(const pgb_job *job)
{
    int32_t state = RUNNING;
    CHECK(pgb_job_wait(job, 60000, &state) == PGB_STATUS_OK);
    CHECK(state != RUNNING);
    return state;
}

/* Checks that an error text belongs to a status and does not tell the password, and frees it. */
static inline void check_error(char *error, pgb_status status)
{
    char beginning[40];
    snprintf(beginning, sizeof beginning, "{\"v\":1,\"status\":%d,\"code\":\"", (int)status);
    CHECK(error != NULL && error != (char *)UNTOUCHED);
    CHECK(strncmp(error, beginning, strlen(beginning)) == 0);
    CHECK(strstr(error, "\"message\":\"") != NULL);
    CHECK(strstr(error, "hunter2") == NULL);
    pgb_string_free(error);
}

#endif
