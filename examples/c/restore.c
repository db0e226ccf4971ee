/*
 * Restores a backup set beside the original. What it builds on is found in the file, and places for the database's
 * files on the server.
 *
 *     restore SERVER FILE POSITION DATABASE
 */

#include <stdio.h>
#include <stdlib.h>

#include "json.h"
#include "work.h"

int main(int argc, char **argv)
{
    unsigned long long position = argc == 5 ? strtoull(argv[3], NULL, 10) : 0;
    if (position == 0) {
        fputs("usage: restore SERVER FILE POSITION DATABASE\n", stderr);
        return 2;
    }
    if (!library_fits()) {
        return 2;
    }
    pgb_server *server = connect_to(argv[1]);
    if (server == NULL) {
        return 1;
    }
    char *file = json_string(argv[2]);
    char *database = json_string(argv[4]);
    char *request = text_of("{\"v\":1,\"database\":%s,\"sources\":[{\"file\":%s,\"position\":%llu}]}", database, file,
                            position);
    free(file);
    free(database);
    char *result = run_job("the restore", pgb_restore_start, server, request, NULL, NULL);
    pgb_server_free(server);
    int code = result != NULL ? 0 : was_cancelled() ? 3 : 1;
    if (result != NULL) {
        json_value step = json_first(json_member(result, "steps"));
        for (; step.at != NULL; step = json_next(step)) {
            json_print(stdout, "restored set ", json_member(step.at, "position"), "");
            json_print(stdout, " (", json_member(step.at, "type"), "): ");
            json_print(stdout, "", json_member(step.at, "reason"), "\n");
        }
        json_print(stdout, "", json_member(result, "database"), " is as it was at ");
        json_print(stdout, "", json_member(result, "restored_to"), "\n");
    }
    pgb_string_free(result);
    pgb_shutdown(5000);
    return code;
}
