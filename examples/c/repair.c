/*
 * Puts a database right whose restore was broken off: its process was killed, or the server went away.
 *
 *     repair SERVER DATABASE
 *
 * The old content comes back where it can be had, else the restore is finished.
 */

#include <stdio.h>
#include <stdlib.h>

#include "json.h"
#include "work.h"

int main(int argc, char **argv)
{
    if (argc != 3) {
        fputs("usage: repair SERVER DATABASE\n", stderr);
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
    char *request = text_of("{\"v\":1,\"database\":%s}", database);
    free(database);
    char *result = run_job("the repair", pgb_repair_start, server, request, NULL, NULL);
    pgb_server_free(server);
    int code = result == NULL ? 1 : 0;
    if (result != NULL) {
        puts(result);
    }
    pgb_string_free(result);
    pgb_shutdown(5000);
    return code;
}
