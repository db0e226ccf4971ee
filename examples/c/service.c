/*
 * Tells what a restart of a service would stop and start, and with "now" does it.
 *
 *     service NAME [now]
 *
 * NAME is a Windows service or a unit of systemd. Services that need it are stopped and started with it.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "json.h"
#include "work.h"

int main(int argc, char **argv)
{
    bool now = argc == 3 && strcmp(argv[2], "now") == 0;
    if (argc != 2 && !now) {
        fputs("usage: service NAME [now]\n", stderr);
        return 2;
    }
    if (!library_fits()) {
        return 2;
    }
    char *name = json_string(argv[1]);
    char *request = text_of("{\"v\":1,\"action\":\"restart\",\"names\":[%s],\"dry_run\":%s}", name,
                            now ? "false" : "true");
    free(name);
    char *result = run_job("the restart", pgb_service_start, NULL, request, NULL, NULL);
    int code = result == NULL ? 1 : 0;
    if (result != NULL) {
        json_value step = json_first(json_member(result, "steps"));
        for (; step.at != NULL; step = json_next(step)) {
            json_print(stdout, "", json_member(step.at, "action"), "  ");
            json_print(stdout, "", json_member(step.at, "name"), "");
            json_print(stdout, ", because ", json_member(step.at, "because"), "");
            fputc('\n', stdout);
        }
    }
    pgb_string_free(result);
    pgb_shutdown(5000);
    return code;
}
