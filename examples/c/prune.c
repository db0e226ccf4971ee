/*
 * Removes the backups of a folder of this machine that no rule keeps and nothing kept needs, and can put them back.
 *
 *     prune FOLDER KEEP_LAST           plans: which files may go, and why
 *     prune FOLDER KEEP_LAST apply     and removes: exactly what the plan says, or less
 *     prune FOLDER undo                puts back what was removed
 *
 * A plan is text that is handed back unchanged: it stands in the result as a JSON string, which goes into the next
 * request just as it is.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "json.h"
#include "work.h"

/* The lines of a plan stand in its result's text too, aligned. */
static void skip_row(const char *row, void *context)
{
    (void)row;
    (void)context;
}

static void print_removed(const char *row, void *context)
{
    (void)context;
    json_print(stdout, "", json_member(row, "state"), "  ");
    json_print(stdout, "", json_member(row, "file"), "");
    json_print(stdout, "  ", json_member(row, "reason"), "");
    fputc('\n', stdout);
}

/* What a removal or its undoing came to. */
static void print_end(const char *result)
{
    json_print(stdout, "", json_member(result, "changed"), " files changed");
    json_print(stdout, ", ", json_member(result, "kept"), " left as they were\n");
}

static char *planned(const char *folder, long keep)
{
    char *request = text_of("{\"v\":1,\"kind\":\"removal\",\"paths\":[%s],\"keep_last\":%ld}", folder, keep);
    char *result = run_job("the plan", pgb_chain_start, NULL, request, skip_row, NULL);
    if (result != NULL) {
        json_print(stdout, "", json_member(result, "text"), "");
    }
    return result;
}

static char *applied(const char *plan_result)
{
    json_value plan = json_member(plan_result, "plan");
    char *request = text_of("{\"v\":1,\"kind\":\"apply\",\"plan\":%.*s}", (int)plan.length, plan.at);
    return run_job("the removal", pgb_prune_start, NULL, request, print_removed, NULL);
}

static char *undone(const char *folder)
{
    char *request = text_of("{\"v\":1,\"kind\":\"undo\",\"paths\":[%s]}", folder);
    return run_job("the undoing", pgb_prune_start, NULL, request, print_removed, NULL);
}

int main(int argc, char **argv)
{
    bool undo = argc == 3 && strcmp(argv[2], "undo") == 0;
    bool apply = argc == 4 && strcmp(argv[3], "apply") == 0;
    if (argc < 3 || argc > 4 || (argc == 4 && !apply)) {
        fputs("usage: prune FOLDER KEEP_LAST [apply] | prune FOLDER undo\n", stderr);
        return 2;
    }
    if (!library_fits()) {
        return 2;
    }
    char *folder = json_string(argv[1]);
    char *result = undo ? undone(folder) : planned(folder, strtol(argv[2], NULL, 10));
    if (apply && result != NULL) {
        char *plan = result;
        result = applied(plan);
        pgb_string_free(plan);
    }
    if (result != NULL && (apply || undo)) {
        print_end(result);
    }
    int code = result == NULL ? 1 : 0;
    free(folder);
    pgb_string_free(result);
    pgb_shutdown(10000);
    return code;
}
