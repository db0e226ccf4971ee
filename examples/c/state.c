/*
 * Tells what state a database is in, what is wrong with it or under way, and what to do next.
 *
 *     state SERVER DATABASE
 */

#include <stdio.h>
#include <stdlib.h>

#include "json.h"
#include "work.h"

/* One row a database; each remark has its next step. */
static void print_state(const char *row, void *context)
{
    int *unknown = (int *)context;
    json_value error = json_member(row, "error");
    if (error.at != NULL) { /* there is no such database */
        json_print(stderr, "", json_member(error.at, "message"), "\n");
        json_print(stderr, "  ", json_member(error.at, "hint"), "\n");
        ++*unknown;
        return;
    }
    json_print(stdout, "", json_member(row, "name"), ": ");
    json_print(stdout, "", json_member(row, "summary"), "\n");
    json_value remark = json_first(json_member(row, "remarks"));
    for (; remark.at != NULL; remark = json_next(remark)) {
        json_print(stdout, "  ", json_member(remark.at, "message"), "\n");
        json_print(stdout, "    next: ", json_member(remark.at, "next_step"), "\n");
    }
}

int main(int argc, char **argv)
{
    if (argc != 3) {
        fputs("usage: state SERVER DATABASE\n", stderr);
        return 2;
    }
    if (!library_fits()) {
        return 2;
    }
    pgb_server *server = connect_to(argv[1]);
    if (server == NULL) {
        return 1;
    }
    char *database = json_string(argv[2]);
    char *request = text_of("{\"v\":1,\"kind\":\"database_states\",\"names\":[%s]}", database);
    free(database);
    int unknown = 0;
    char *result = run_job("the question", pgb_query_start, server, request, print_state, &unknown);
    int code = result != NULL && unknown == 0 ? 0 : 1;
    pgb_string_free(result);
    pgb_server_free(server);
    pgb_shutdown(5000);
    return code;
}
