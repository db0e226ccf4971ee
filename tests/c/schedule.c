/*
 * Asks about a schedule: what it says in words, the next three times, and whether it is due. There is no server, no
 * file and no clock in it; a program gives its own "now".
 *
 *     cc -std=c11 schedule.c -lpgbackup -o schedule
 */

#include <stdio.h>
#include <string.h>

#include "pgbackup.h"

#define SCHEDULE                                                                                                       \
    "\"schedule\": {\"zone\": \"Asia/Tehran\", \"lines\": ["                                                           \
    "{\"type\": \"full\", \"when\": {\"kind\": \"weekly\", \"days\": [\"Saturday\"], \"at\": [\"02:30\"]}},"           \
    "{\"type\": \"differential\", \"when\": {\"kind\": \"every\", \"minutes\": 240, \"from\": \"02:30\"}}]}"

/* The answer to a question, or NULL after a word about why there is none. Freed with pgb_string_free. */
static char *ask(const char *question)
{
    char *answer = NULL;
    char *error = NULL;
    if (pgb_schedule_query(question, strlen(question), &answer, &error) != PGB_STATUS_OK) {
        fprintf(stderr, "%s\n", error);
        pgb_string_free(error);
        return NULL;
    }
    return answer;
}

/* Prints the text of a field of a reply, such as "type":"full". Good for texts without escapes, as these are. */
static const char *print_text(const char *from, const char *field, int width)
{
    const char *at = strstr(from, field);
    if (at == NULL) {
        return NULL;
    }
    at += strlen(field);
    int length = (int)strcspn(at, "\"");
    printf("%-*.*s", width, length, at);
    return at + length;
}

int main(void)
{
    if (pgb_abi_version() != PGB_ABI_VERSION) {
        fprintf(stderr, "this program and the library are of different releases\n");
        return 1;
    }
    char *words = ask("{\"v\": 1, \"kind\": \"describe\", " SCHEDULE "}");
    char *next = ask("{\"v\": 1, \"kind\": \"next\", \"count\": 3, \"now\": \"2026-11-27T19:00:00Z\", "
                     "\"backups\": [{\"type\": \"full\", \"at\": \"2026-11-20T23:00:00Z\"}], " SCHEDULE "}");
    char *due = ask("{\"v\": 1, \"kind\": \"due\", \"now\": \"2026-11-28T06:00:00Z\", "
                    "\"backups\": [{\"type\": \"full\", \"at\": \"2026-11-20T23:00:00Z\"}], " SCHEDULE "}");
    int failed = words == NULL || next == NULL || due == NULL;
    if (!failed) {
        print_text(words, "\"english\":\"", 0);
        printf("\n");
        for (const char *at = next; (at = print_text(at, "\"type\":\"", 14)) != NULL;) {
            at = print_text(at, "\"persian\":\"", 0);
            printf("\n");
            if (at == NULL) {
                failed = 1;
                break;
            }
        }
        printf("due: %s\n", strstr(due, "\"due\":true") != NULL ? "yes" : "no");
    }
    pgb_string_free(words);
    pgb_string_free(next);
    pgb_string_free(due);
    /* A mistake is answered with the field at fault and a right example. */
    char *error = NULL;
    const char *wrong = "{\"v\": 1, \"kind\": \"describe\", \"schedule\": {\"zone\": \"Asia/Tehran\", \"lines\": "
                        "[{\"type\": \"full\", \"when\": {\"kind\": \"daily\", \"at\": [\"25:61\"]}}]}}";
    char *answer = NULL;
    if (pgb_schedule_query(wrong, strlen(wrong), &answer, &error) != PGB_STATUS_E_REQUEST) {
        failed = 1;
    } else {
        print_text(error, "\"target\":\"", 0);
        printf(" is wrong\n");
        pgb_string_free(error);
    }
    return failed;
}
