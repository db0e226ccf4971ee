/*
 * Keeps a plan of backups, runs it, and reports.
 *
 *     plan FOLDER SERVER DATABASE DESTINATION
 *
 * Writes the plan "Nightly" into FOLDER, a folder of this machine, and runs it, due or not. A full backup is made each
 * night at 02:30 in Tehran, by whatever scheduler calls such a program. Tells how a report of the plan stands; its page
 * is HTML. Exit code: that of the run.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "json.h"
#include "work.h"

/* Writes the plan; in its place, if it is there. */
static bool save(const char *folder, const char *server, const char *database, const char *destination)
{
    char made[32];
    time_t now = time(NULL);
    strftime(made, sizeof made, "%Y-%m-%dT%H:%M:%SZ", gmtime(&now));
    char *request = text_of("{\"v\":1,\"kind\":\"save\",\"folder\":%s,\"replace\":true,\"plan\":{\"version\":1,"
                            "\"name\":\"Nightly\",\"created_at\":\"%s\",\"server\":{\"server\":%s},"
                            "\"database\":%s,\"destination\":%s,\"schedule\":{\"zone\":\"Asia/Tehran\",\"lines\":"
                            "[{\"type\":\"full\",\"when\":{\"kind\":\"daily\",\"at\":[\"02:30\"]}}]}}}",
                            folder, made, server, database, destination);
    char *answer = NULL;
    char *error = NULL;
    pgb_status status = pgb_plan_call(request, strlen(request), &answer, &error);
    free(request);
    if (status != PGB_STATUS_OK) {
        print_error("the plan", error);
        return false;
    }
    json_print(stdout, "plan: ", json_member(answer, "english"), "\n");
    pgb_string_free(answer);
    return true;
}

int main(int argc, char **argv)
{
    if (argc != 5) {
        fputs("usage: plan FOLDER SERVER DATABASE DESTINATION\n", stderr);
        return 2;
    }
    if (!library_fits()) {
        return 2;
    }
    char *folder = json_string(argv[1]);
    char *address = json_string(argv[2]);
    char *database = json_string(argv[3]);
    char *destination = json_string(argv[4]);
    int code = 2;
    if (save(folder, address, database, destination)) {
        pgb_server *server = connect_to(argv[2]);
        char *request = text_of("{\"v\":1,\"name\":\"Nightly\",\"folder\":%s,\"force\":true}", folder);
        char *result = run_job("the run", pgb_plan_run_start, server, request, NULL, NULL);
        char *wish = text_of("{\"v\":1,\"plans\":[\"Nightly\"],\"folder\":%s}", folder);
        char *report = run_job("the report", pgb_report_start, server, wish, NULL, NULL);
        pgb_server_free(server);
        if (result != NULL) {
            json_print(stdout, "run: ", json_member(result, "outcome"), "\n");
            code = (int)json_number(json_member(result, "exit_code"));
        }
        if (report != NULL) {
            json_print(stdout, "report: ", json_member(report, "state"), "\n");
        }
        pgb_string_free(result);
        pgb_string_free(report);
    }
    free(folder);
    free(address);
    free(database);
    free(destination);
    pgb_shutdown(5000);
    return code;
}
