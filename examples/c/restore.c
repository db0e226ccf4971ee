/*
 * Restores a backup set: to a new database, or over an existing one, which is kept in a file or under another name.
 * What the set builds on is found in the file, and places for the database's files on the server.
 *
 *     restore SERVER FILE POSITION DATABASE [file|rename]
 */

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "json.h"
#include "work.h"

int main(int argc, char **argv)
{
    unsigned long long position = argc == 5 || argc == 6 ? strtoull(argv[3], NULL, 10) : 0;
    const char *over = argc == 6 ? argv[5] : "";
    bool known = strcmp(over, "") == 0 || strcmp(over, "file") == 0 || strcmp(over, "rename") == 0;
    if (position == 0 || !known) {
        fputs("usage: restore SERVER FILE POSITION DATABASE [file|rename]\n", stderr);
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
    char *keeping = over[0] == '\0' ? text_of("%s", "")
                                    : text_of(",\"replace\":true,\"safety_copy\":\"%s\",\"check\":true", over);
    char *request = text_of("{\"v\":1,\"database\":%s,\"sources\":[{\"file\":%s,\"position\":%llu}]%s}", database, file,
                            position, keeping);
    free(keeping);
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
        json_print(stdout, "the old database is kept in ", json_member(result, "safety_copy"), "\n");
        json_print(stdout, "the old database is kept as ", json_member(result, "kept_as"), "\n");
        json_print(stdout, "", json_member(result, "database"), " is as it was at ");
        json_print(stdout, "", json_member(result, "restored_to"), "\n");
    }
    pgb_string_free(result);
    pgb_shutdown(5000);
    return code;
}
