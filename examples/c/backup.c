/*
 * Makes a full backup of a database, with a bar of its progress. Ctrl+C ends it on the server.
 *
 *     export PGB_USER=sa PGB_PASSWORD=...      (without them: the account that runs the program)
 *     backup SERVER DATABASE FOLDER
 *
 * FOLDER is a folder of the server, such as D:\Backup. The backup is appended to the archive in it: no file is ever
 * overwritten. Exit code: 0 made, 1 failed, 2 called wrongly, 3 cancelled.
 */

#include <stdio.h>
#include <stdlib.h>

#include "json.h"
#include "work.h"

int main(int argc, char **argv)
{
    if (argc != 4) {
        fputs("usage: backup SERVER DATABASE FOLDER\n", stderr);
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
    char *folder = json_string(argv[3]);
    char *request = text_of("{\"v\":1,\"database\":%s,\"type\":\"full\",\"destination\":%s,\"archive\":true}", database,
                            folder);
    free(database);
    free(folder);
    char *result = run_job("the backup", pgb_backup_start, server, request, NULL, NULL);
    pgb_server_free(server);
    int code = result != NULL ? 0 : was_cancelled() ? 3 : 1;
    if (result != NULL) {
        json_print(stdout, "backed up to ", json_first(json_member(result, "files")), "");
        json_print(stdout, ", position ", json_member(result, "position"), "");
        json_print(stdout, ", ", json_member(result, "backup_size"), " bytes");
        json_print(stdout, ", ", json_member(result, "finished_at_persian"), "\n");
    }
    pgb_string_free(result);
    pgb_shutdown(5000);
    return code;
}
