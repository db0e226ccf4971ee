/*
 * Asks about a schedule: what it says in words, the next three times, and whether it is due. There is no server, no
 * file and no clock in it; a program gives its own "now".
 */

#include <stdio.h>
#include <string.h>

#include "json.h"
#include "work.h"

#define SCHEDULE                                                                                                       \
    "\"schedule\": {\"zone\": \"Asia/Tehran\", \"lines\": ["                                                           \
    "{\"type\": \"full\", \"when\": {\"kind\": \"weekly\", \"days\": [\"Saturday\"], \"at\": [\"02:30\"]}},"           \
    "{\"type\": \"differential\", \"when\": {\"kind\": \"every\", \"minutes\": 240, \"from\": \"02:30\"}}]}"
#define BACKUPS "\"backups\": [{\"type\": \"full\", \"at\": \"2026-11-20T23:00:00Z\"}]"

/* The answer to a question, or NULL after a word about why there is none. Freed with pgb_string_free. */
static char *ask(const char *question)
{
    char *answer = NULL;
    char *error = NULL;
    if (pgb_schedule_query(question, strlen(question), &answer, &error) != PGB_STATUS_OK) {
        print_error("the question", error);
        return NULL;
    }
    return answer;
}

int main(void)
{
    if (!library_fits()) {
        return 2;
    }
    char *words = ask("{\"v\": 1, \"kind\": \"describe\", " SCHEDULE "}");
    char *next = ask("{\"v\": 1, \"kind\": \"next\", \"count\": 3, \"now\": \"2026-11-27T19:00:00Z\", " BACKUPS
                     ", " SCHEDULE "}");
    char *due = ask("{\"v\": 1, \"kind\": \"due\", \"now\": \"2026-11-28T06:00:00Z\", " BACKUPS ", " SCHEDULE "}");
    bool good = words != NULL && next != NULL && due != NULL;
    if (good) {
        json_print(stdout, "", json_member(words, "english"), "\n");
        json_value run = json_first(json_member(next, "items"));
        for (; run.at != NULL; run = json_next(run)) {
            json_print(stdout, "", json_member(run.at, "type"), "  ");
            json_print(stdout, "", json_member(run.at, "persian"), "\n");
        }
        printf("due: %s\n", json_is(json_member(due, "due"), "true") ? "yes" : "no");
    }
    pgb_string_free(words);
    pgb_string_free(next);
    pgb_string_free(due);

    /* A mistake is answered with the field at fault and a right example. */
    const char *wrong = "{\"v\": 1, \"kind\": \"describe\", \"schedule\": {\"zone\": \"Asia/Tehran\", \"lines\": "
                        "[{\"type\": \"full\", \"when\": {\"kind\": \"daily\", \"at\": [\"25:61\"]}}]}}";
    char *error = NULL;
    char *answer = NULL;
    if (pgb_schedule_query(wrong, strlen(wrong), &answer, &error) != PGB_STATUS_E_REQUEST) {
        pgb_string_free(answer);
        return 1;
    }
    json_print(stdout, "", json_member(error, "target"), " is wrong\n");
    pgb_string_free(error);
    return good ? 0 : 1;
}
