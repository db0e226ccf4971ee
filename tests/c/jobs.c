/* Thousands of jobs, one after another: memory, files and threads stay as they are. */

#include <dirent.h>
#include <limits.h>
#include <unistd.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif

#include "check.h"

enum { AT_ONCE = 50, PARTS = 5 };

/* What is in use: freed memory that the allocator keeps for later differs from run to run, and is given back first. */
static long resident_kib(void)
{
    long pages = 0;
#ifdef __GLIBC__
    malloc_trim(0);
#endif
    FILE *file = fopen("/proc/self/statm", "r");
    CHECK(file != NULL && fscanf(file, "%*d %ld", &pages) == 1);
    fclose(file);
    return pages * (sysconf(_SC_PAGESIZE) / 1024);
}

static int entries(const char *folder)
{
    int count = 0;
    DIR *opened = opendir(folder);
    CHECK(opened != NULL);
    while (readdir(opened) != NULL) {
        count++;
    }
    closedir(opened);
    return count;
}

/* Starts jobs, waits for their ends and frees them; every third is freed without being waited for. */
static void run(long count, uint16_t port)
{
    pgb_job *jobs[AT_ONCE];
    for (long done = 0; done < count; done += AT_ONCE) {
        pgb_server *server = server_at(port);
        for (int i = 0; i < AT_ONCE; i++) {
            jobs[i] = started(&STARTS[i % START_COUNT], server);
        }
        pgb_server_free(server);
        for (int i = 0; i < AT_ONCE; i++) {
            if (i % 3 != 0) {
                char *json = NULL;
                char *error = NULL;
                CHECK(end_of(jobs[i]) == FAILED);
                CHECK(pgb_job_status(jobs[i], 0, &json, NULL) == PGB_STATUS_OK);
                pgb_string_free(json);
                CHECK(pgb_job_result(jobs[i], &json, &error) == PGB_STATUS_E_CONNECT);
                check_error(error, PGB_STATUS_E_CONNECT);
            }
            pgb_job_free(jobs[i]);
        }
    }
}

int main(int argc, char **argv)
{
    if (argc != 3) {
        fputs("usage: jobs COUNT MOST_KIB\nMOST_KIB: how much memory may grow in each fifth; 0 does not look\n", stderr);
        return 2;
    }
    long count = atol(argv[1]);
    long most = atol(argv[2]);
    CHECK(count >= 10 * AT_ONCE);
    uint16_t port = quiet_port(false);
    run(count / 10, port); /* tables, stacks and the allocator find their sizes */
    CHECK(pgb_shutdown(10000) == PGB_STATUS_OK);
    int files = entries("/proc/self/fd");
    int threads = entries("/proc/self/task");
    /* The allocator's own ups and downs are some hundred KiB, in one part or the other. What leaks, leaks in each. */
    long grown = LONG_MAX;
    for (int part = 0; part < PARTS; part++) {
        long before = resident_kib();
        run(count / PARTS, port);
        CHECK(pgb_shutdown(10000) == PGB_STATUS_OK);
        long now = resident_kib();
        printf("jobs: %ld, memory grew by %ld KiB from %ld KiB\n", count / PARTS, now - before, before);
        grown = now - before < grown ? now - before : grown;
    }
    CHECK(most == 0 || grown <= most);
    CHECK(entries("/proc/self/fd") == files);
    CHECK(entries("/proc/self/task") == threads);
    return 0;
}
