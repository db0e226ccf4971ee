/* What the programs share: the check of the library, the login, jobs from start to end, errors for people. */

#ifndef PGB_EXAMPLES_WORK_H
#define PGB_EXAMPLES_WORK_H

#include <stdbool.h>

#include <pgbackup.h>

/* A function that starts a job. */
typedef pgb_status (*starter)(const pgb_server *, const char *, size_t, pgb_job **, char **);

/* Is given each row of a job; a row is a JSON object. */
typedef void (*row_reader)(const char *row, void *context);

/* Whether the library is the one that this program was built for; says so if it is not. */
bool library_fits(void);

/* A server handle; the login is taken from PGB_USER and PGB_PASSWORD, and is the account's own without them. NULL
 * after an error. Freed with pgb_server_free. */
pgb_server *connect_to(const char *address);

/* Runs a job to its end, with a bar on standard error. Ctrl+C asks it to end; pressed again it ends the program.
 * `server` is NULL for files of this machine; `request` is freed; `reader` is NULL for a job without rows. The result
 * is freed with pgb_string_free; NULL after an error, which was told. */
char *run_job(const char *doing, starter function, const pgb_server *server, char *request, row_reader reader,
              void *context);

/* Whether the last job was cancelled. */
bool was_cancelled(void);

/* Prints an error of the library and frees it. */
void print_error(const char *doing, char *error);

#endif
