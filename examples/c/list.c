/*
 * Lists the backup sets of files: without a server they are read here, and may be folders and patterns; else they are
 * files of the server.
 *
 *     list FILE [SERVER]
 */

#include <stdio.h>
#include <stdlib.h>

#include "json.h"
#include "work.h"

/* Rows have the columns of RESTORE HEADERONLY. */
static void print_set(const char *row, void *context)
{
    int *unread = (int *)context;
    json_value error = json_member(row, "error");
    if (error.at != NULL) { /* a file that cannot be read; the others go on */
        json_print(stderr, "", json_member(row, "BackupFile"), ": ");
        json_print(stderr, "", json_member(error.at, "message"), "\n");
        ++*unread;
        return;
    }
    json_print(stdout, "", json_member(row, "Position"), "");
    json_print(stdout, "  ", json_member(row, "BackupTypeName"), "");
    json_print(stdout, "  ", json_member(row, "BackupFinishDate"), "");
    json_print(stdout, "  ", json_member(row, "BackupFinishDatePersian"), "");
    json_print(stdout, "  ", json_member(row, "BackupSize"), " bytes");
    json_print(stdout, "  ", json_member(row, "DatabaseName"), "");
    json_print(stdout, "  ", json_member(row, "Status"), "");
    fputc('\n', stdout);
}

int main(int argc, char **argv)
{
    if (argc != 2 && argc != 3) {
        fputs("usage: list FILE [SERVER]\n", stderr);
        return 2;
    }
    if (!library_fits()) {
        return 2;
    }
    pgb_server *server = argc == 3 ? connect_to(argv[2]) : NULL;
    if (argc == 3 && server == NULL) {
        return 1;
    }
    char *file = json_string(argv[1]);
    char *request = text_of("{\"v\":1,\"kind\":\"backup_sets\",\"files\":[%s]}", file);
    free(file);
    int unread = 0;
    char *result = run_job("the list", pgb_query_start, server, request, print_set, &unread);
    int code = result != NULL && unread == 0 ? 0 : 1;
    pgb_string_free(result);
    pgb_server_free(server);
    pgb_shutdown(5000);
    return code;
}
