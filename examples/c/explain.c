/*
 * Explains an error number of SQL Server, offline.
 *
 *     explain 3201
 */

#include <stdio.h>
#include <stdlib.h>

#include "json.h"
#include "work.h"

int main(int argc, char **argv)
{
    if (argc != 2) {
        fputs("usage: explain NUMBER\n", stderr);
        return 2;
    }
    if (!library_fits()) {
        return 2;
    }
    char *answer = NULL;
    char *error = NULL;
    if (pgb_error_explain((uint32_t)strtoul(argv[1], NULL, 10), &answer, &error) != PGB_STATUS_OK) {
        print_error("the question", error);
        return 1;
    }
    bool known = json_is(json_member(answer, "known"), "true");
    json_print(stdout, "", json_member(answer, "number"), known ? ": " : " is not known\n");
    json_print(stdout, "", json_member(answer, "cause"), "\n");
    json_print(stdout, "what to do: ", json_member(answer, "next"), "\n");
    json_value system = json_first(json_member(answer, "operating_system"));
    for (; system.at != NULL; system = json_next(system)) {
        json_print(stdout, "  with the system's error ", json_member(system.at, "number"), ": ");
        json_print(stdout, "", json_member(system.at, "cause"), "\n");
    }
    pgb_string_free(answer);
    return known ? 0 : 1;
}
