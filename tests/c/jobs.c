/* Thousands of jobs, one after another: memory, files and threads stay as they are. */

#include <dirent.h>
#include <unistd.h>

#include "check.h"

enum { AT_ONCE = 50 };

static long resident_kib(void)
{
    long pages = 0;
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
        fputs("usage: jobs COUNT MOST_KIB\nMOST_KIB: how much memory may grow; 0 does not look\n", stderr);
        return 2;
    }
    long count = atol(argv[1]);
    long most = atol(argv[2]);
    CHECK(count >= 10 * AT_ONCE);
    uint16_t port = quiet_port(false);
    run(count / 10, port); /* tables, stacks and the allocator find their sizes */
    CHECK(pgb_shutdown(10000) == PGB_STATUS_OK);
    long before = resident_kib();
    int files = entries("/proc/self/fd");
    int threads = entries("/proc/self/task");
    run(count, port);
    CHECK(pgb_shutdown(10000) == PGB_STATUS_OK);
    long grown = resident_kib() - before;
    printf("jobs: %ld, memory grew by %ld KiB from %ld KiB\n", count, grown, before);
    CHECK(most == 0 || grown <= most);
    CHECK(entries("/proc/self/fd") == files);
    CHECK(entries("/proc/self/task") == threads);
    return 0;
}
