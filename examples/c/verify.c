/*
 * Reads backup files of this machine to their end, and checks every page of every set. No server is needed.
 *
 *     verify FILE
 *
 * FILE may be a folder or a pattern. Exit code: 0 all sound, 1 something is not, 2 called wrongly.
 */

#include <stdio.h>
#include <stdlib.h>

#include "json.h"
#include "work.h"

/* One verdict a set. */
static void print_verdict(const char *row, void *context)
{
    int *unsound = (int *)context;
    json_value error = json_member(row, "error");
    if (error.at != NULL) {
        json_print(stderr, "", json_member(row, "BackupFile"), ": ");
        json_print(stderr, "", json_member(error.at, "message"), "\n");
        ++*unsound;
        return;
    }
    json_value verdict = json_member(row, "verdict");
    json_print(stdout, "", json_member(row, "file"), "");
    json_print(stdout, ", set ", json_member(row, "position"), "");
    json_print(stdout, ": ", verdict, "");
    json_print(stdout, ", protected by checksums: ", json_member(row, "protected_share"), "\n");
    json_value finding = json_first(json_member(row, "findings"));
    for (; finding.at != NULL; finding = json_next(finding)) {
        json_print(stdout, "  ", json_member(finding.at, "what"), "");
        json_print(stdout, ": ", json_member(finding.at, "proves"), "");
        fputc('\n', stdout);
    }
    *unsound += json_is(verdict, "\"sound\"") || json_is(verdict, "\"unprotected\"") ? 0 : 1;
}

int main(int argc, char **argv)
{
    if (argc != 2) {
        fputs("usage: verify FILE\n", stderr);
        return 2;
    }
    if (!library_fits()) {
        return 2;
    }
    char *file = json_string(argv[1]);
    char *request = text_of("{\"v\":1,\"sources\":[{\"file\":%s}]}", file);
    free(file);
    int unsound = 0;
    char *result = run_job("the verification", pgb_verify_start, NULL, request, print_verdict, &unsound);
    int code = result != NULL && unsound == 0 ? 0 : 1;
    pgb_string_free(result);
    pgb_shutdown(5000);
    return code;
}
