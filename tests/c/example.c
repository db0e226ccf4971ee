/*
 * Backs a database up, lists the backup sets of the file, and restores one of them beside the original.
 *
 *     export PGB_USER=sa PGB_PASSWORD=...
 *     example SERVER DATABASE FOLDER [POSITION]
 *
 * FOLDER is a folder of the server, such as D:\Backup. POSITION is a backup set of the archive in it; the one just
 * made if it is left out. It is restored as DATABASE_restored.
 *
 *     cc -std=c11 example.c -lpgbackup -o example
 */

#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pgbackup.h"

/*
 * JSON. A program with a JSON library uses that. This one needs none, because it only has to find its way about in
 * replies, which are valid and without spaces, and can put what it finds into the next request as it stands.
 */

/* A value inside a reply, as it stands there: a string has its quotes and escapes. Absent: at is NULL. */
typedef struct {
    const char *at;
    size_t length;
} value;

static const char *closing_quote(const char *opening)
{
    const char *at = opening + 1;
    while (*at != '"') {
        at += *at == '\\' ? 2 : 1;
    }
    return at;
}

static value value_at(const char *start)
{
    int depth = 0;
    const char *at = start;
    for (;; at++) {
        if (*at == '"') {
            at = closing_quote(at);
        } else if (*at == '{' || *at == '[') {
            depth++;
        } else if (depth == 0 && (*at == ',' || *at == '}' || *at == ']' || *at == '\0')) {
            break;
        } else if (*at == '}' || *at == ']') {
            depth--;
        }
    }
    value found = {start, (size_t)(at - start)};
    return found;
}

/* The first element of an array, and the one after another; absent at the end. */
static value element_at(const char *at)
{
    value none = {NULL, 0};
    return *at == ']' ? none : value_at(at);
}

static value first(value array)
{
    return element_at(array.at + 1);
}

static value next(value element)
{
    const char *end = element.at + element.length;
    return element_at(*end == ',' ? end + 1 : end);
}

static value member(const char *object, const char *name)
{
    const char *key = object + 1;
    while (*key == '"') {
        const char *end = closing_quote(key);
        value found = value_at(end + 2);
        if (strlen(name) == (size_t)(end - key - 1) && strncmp(key + 1, name, strlen(name)) == 0) {
            return found;
        }
        key = found.at + found.length + 1;
    }
    value none = {NULL, 0};
    return none;
}

static bool is(value found, const char *text)
{
    return found.length == strlen(text) && strncmp(found.at, text, found.length) == 0;
}

static uint64_t number(value found)
{
    return found.at == NULL ? 0 : strtoull(found.at, NULL, 10);
}

/* Prints a value for a person. Escapes other than \" \\ \n are of control characters: those stay as they are. */
static void print(FILE *out, const char *before, value found, const char *after)
{
    if (found.at == NULL || is(found, "null")) {
        return;
    }
    fputs(before, out);
    bool quoted = found.at[0] == '"';
    const char *end = found.at + found.length - (quoted ? 1 : 0);
    for (const char *at = found.at + (quoted ? 1 : 0); at < end; at++) {
        if (*at == '\\' && strchr("\"\\n", at[1]) != NULL) {
            at++;
            fputc(*at == 'n' ? '\n' : *at, out);
        } else {
            fputc(*at, out);
        }
    }
    fputs(after, out);
}

/* A new text, as printf makes it. */
static char *text(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(NULL, 0, format, arguments);
    va_end(arguments);
    char *made = length < 0 ? NULL : (char *)malloc((size_t)length + 1);
    if (made == NULL) {
        fputs("out of memory\n", stderr);
        exit(2);
    }
    va_start(arguments, format);
    vsnprintf(made, (size_t)length + 1, format, arguments);
    va_end(arguments);
    return made;
}

/* A new text: the JSON string of a UTF-8 text. */
static char *quoted(const char *plain)
{
    char *made = text("%*s", (int)(6 * strlen(plain) + 2), ""); /* room enough: \u001f for a character at most */
    char *out = made;
    *out++ = '"';
    for (; *plain != '\0'; plain++) {
        if (*plain == '"' || *plain == '\\') {
            *out++ = '\\';
            *out++ = *plain;
        } else if ((unsigned char)*plain < 0x20) {
            out += sprintf(out, "\\u%04x", (unsigned)*plain);
        } else {
            *out++ = *plain;
        }
    }
    *out++ = '"';
    *out = '\0';
    return made;
}

/* Prints an error of the library and frees it. */
static void print_error(const char *doing, char *error)
{
    fprintf(stderr, "%s failed", doing);
    if (error != NULL) {
        print(stderr, ": ", member(error, "message"), "");
        for (value cause = first(member(error, "causes")); cause.at != NULL; cause = next(cause)) {
            print(stderr, "\n  because: ", cause, "");
        }
        for (value said = first(member(error, "server")); said.at != NULL; said = next(said)) {
            print(stderr, "\n  SQL Server, message ", member(said.at, "number"), "");
            print(stderr, ": ", member(said.at, "message"), "");
        }
        print(stderr, "\n  what to do: ", member(error, "hint"), "");
    }
    fputc('\n', stderr);
    pgb_string_free(error);
}

/* Waits for the end of a job with a progress line, frees it, and returns its result, or NULL after an error. */
static char *finish(const char *doing, pgb_job *job)
{
    int32_t state = 0;
    uint64_t seen = 0;
    while (pgb_job_wait(job, 200, &state) == PGB_STATUS_OK && state == 0) {
        char *status = NULL;
        if (pgb_job_status(job, seen, &status, NULL) == PGB_STATUS_OK) {
            seen = number(member(status, "last_seq"));
            print(stderr, "\r\033[K", member(status, "phase"), "");
            print(stderr, " ", member(status, "percent"), " %");
            pgb_string_free(status);
        }
    }
    fputs("\r\033[K", stderr);
    char *result = NULL;
    char *error = NULL;
    if (pgb_job_result(job, &result, &error) != PGB_STATUS_OK) {
        print_error(doing, error);
    }
    pgb_job_free(job);
    return result;
}

typedef pgb_status (*starter)(const pgb_server *, const char *, size_t, pgb_job **, char **);

/* Starts a job with a request, which it frees. NULL after an error. */
static pgb_job *start(const char *doing, starter function, const pgb_server *server, char *request)
{
    pgb_job *job = NULL;
    char *error = NULL;
    if (function(server, request, strlen(request), &job, &error) != PGB_STATUS_OK) {
        print_error(doing, error);
    }
    free(request);
    return job;
}

/* Appends a full backup to the archive of the database in a folder. */
static char *back_up(const pgb_server *server, const char *database, const char *folder)
{
    char *name = quoted(database);
    char *destination = quoted(folder);
    char *request = text("{\"v\":1,\"database\":%s,\"type\":\"full\",\"destination\":%s,\"archive\":true}", name,
                         destination);
    free(name);
    free(destination);
    pgb_job *job = start("the backup", pgb_backup_start, server, request);
    char *result = job == NULL ? NULL : finish("the backup", job);
    if (result != NULL) {
        print(stdout, "backed up to ", first(member(result, "files")), "");
        print(stdout, ", position ", member(result, "position"), "");
        print(stdout, ", ", member(result, "backup_size"), " bytes\n");
    }
    return result;
}

/* Lists the backup sets of a file; `file` is a JSON string. */
static bool list(const pgb_server *server, value file)
{
    char *request = text("{\"v\":1,\"kind\":\"backup_sets\",\"files\":[%.*s]}", (int)file.length, file.at);
    pgb_job *job = start("the list", pgb_query_start, server, request);
    if (job == NULL) {
        return false;
    }
    bool done = false;
    while (!done) {
        char *page = NULL;
        char *error = NULL;
        if (pgb_job_page(job, 1000, &page, &error) != PGB_STATUS_OK) {
            print_error("the list", error);
            break;
        }
        for (value set = first(member(page, "items")); set.at != NULL; set = next(set)) {
            print(stdout, "  ", member(set.at, "Position"), "");
            print(stdout, "  ", member(set.at, "BackupTypeName"), "");
            print(stdout, "  ", member(set.at, "BackupFinishDate"), "");
            print(stdout, "  ", member(set.at, "BackupFinishDatePersian"), "");
            print(stdout, "  ", member(set.at, "BackupSize"), " bytes");
            /* A file that cannot be read has an error in its row; the rows of other files go on. */
            value error_of_file = member(set.at, "error");
            if (error_of_file.at != NULL) {
                print(stdout, "  ", member(error_of_file.at, "message"), "");
            }
            fputc('\n', stdout);
        }
        done = is(member(page, "done"), "true");
        pgb_string_free(page);
    }
    char *result = finish("the list", job);
    bool listed = result != NULL;
    pgb_string_free(result);
    return listed;
}

/* Restores a backup set under another name; the library finds places for the files and the base of a differential. */
static bool restore(const pgb_server *server, const char *database, value file, uint64_t position)
{
    char *name = text("%s_restored", database);
    char *new_name = quoted(name);
    char *request = text("{\"v\":1,\"database\":%s,\"sources\":[{\"file\":%.*s,\"position\":%llu}],\"replace\":true}",
                         new_name, (int)file.length, file.at, (unsigned long long)position);
    free(name);
    free(new_name);
    pgb_job *job = start("the restore", pgb_restore_start, server, request);
    char *result = job == NULL ? NULL : finish("the restore", job);
    if (result == NULL) {
        return false;
    }
    print(stdout, "restored as ", member(result, "database"), "");
    print(stdout, ", as it was at ", member(result, "restored_to"), "");
    fputc('\n', stdout);
    pgb_string_free(result);
    return true;
}

static pgb_server *connect_to(const char *address, const char *user, const char *password)
{
    char *server_name = quoted(address);
    char *user_name = quoted(user);
    char *options = text("{\"v\":1,\"server\":%s,\"user\":%s}", server_name, user_name);
    pgb_server *server = NULL;
    char *error = NULL;
    if (pgb_server_new(options, strlen(options), (const uint8_t *)password, strlen(password), &server, &error)
        != PGB_STATUS_OK) {
        print_error("the login", error);
    }
    free(server_name);
    free(user_name);
    free(options);
    return server;
}

int main(int argc, char **argv)
{
    if (pgb_abi_version() != PGB_ABI_VERSION) {
        fprintf(stderr, "libpgbackup has ABI version %u, this program needs %d\n", (unsigned)pgb_abi_version(),
                PGB_ABI_VERSION);
        return 2;
    }
    const char *user = getenv("PGB_USER");
    const char *password = getenv("PGB_PASSWORD");
    if (argc < 4 || argc > 5 || user == NULL || password == NULL) {
        fputs("usage: PGB_USER=... PGB_PASSWORD=... example SERVER DATABASE FOLDER [POSITION]\n", stderr);
        return 2;
    }
    pgb_server *server = connect_to(argv[1], user, password);
    if (server == NULL) {
        return 1;
    }
    bool good = false;
    char *backup = back_up(server, argv[2], argv[3]);
    if (backup != NULL) {
        value file = first(member(backup, "files"));
        uint64_t position = argc == 5 ? strtoull(argv[4], NULL, 10) : number(member(backup, "position"));
        good = list(server, file) && restore(server, argv[2], file, position);
        pgb_string_free(backup);
    }
    pgb_server_free(server);
    pgb_shutdown(5000);
    return good ? 0 : 1;
}
