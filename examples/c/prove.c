/*
 * Proves a backup: restores it under a side name, checks it with DBCC CHECKDB, counts its rows, and drops it again.
 *
 *     prove SERVER DATABASE FILE
 *
 * DATABASE is whose backup it is; FILE is a file of the server. Exit code: 0 passed, 1 not, 2 called wrongly.
 */

#include <stdio.h>
#include <stdlib.h>

#include "json.h"
#include "work.h"

static void print_table(const char *row, void *context)
{
    (void)context;
    json_print(stdout, "", json_member(row, "schema"), ".");
    json_print(stdout, "", json_member(row, "table"), "");
    json_print(stdout, ": ", json_member(row, "rows"), " rows\n");
}

int main(int argc, char **argv)
{
    if (argc != 4) {
        fputs("usage: prove SERVER DATABASE FILE\n", stderr);
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
    char *file = json_string(argv[3]);
    char *request = text_of("{\"v\":1,\"database\":%s,\"sources\":[{\"file\":%s}]}", database, file);
    free(database);
    free(file);
    char *result = run_job("the test", pgb_restore_test_start, server, request, print_table, NULL);
    pgb_server_free(server);
    int code = result == NULL ? 1 : 0;
    if (result != NULL) {
        json_value proof = json_member(result, "proof");
        json_print(stdout, "passed: ", json_member(proof.at, "passed"), "\n");
        json_print(stdout, "as it was at ", json_member(proof.at, "restored_to"), "\n");
    }
    pgb_string_free(result);
    pgb_shutdown(5000);
    return code;
}
