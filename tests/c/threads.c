/* Many threads on one job: everything at once, round after round. */

#include <pthread.h>

#include "check.h"

enum { THREADS = 32 };

typedef struct {
    pgb_job *job;
    int number;
    bool may_be_late;
    pthread_barrier_t *start;
} part;

/* What any call may come to while others cancel and free the job. */
static bool expected(pgb_status status)
{
    return status == PGB_STATUS_OK || status == PGB_STATUS_E_STATE || status == PGB_STATUS_E_HANDLE
           || status == PGB_STATUS_E_CANCELLED || status == PGB_STATUS_E_CONNECT;
}

static void *play(void *argument)
{
    const part *mine = (const part *)argument;
    pthread_barrier_wait(mine->start);
    for (int turn = 0; turn < 12; turn++) {
        int32_t state = RUNNING;
        char *json = NULL;
        char *error = NULL;
        switch ((mine->number + turn) % 5) {
        case 0:
            CHECK(expected(pgb_job_wait(mine->job, 1, &state)));
            break;
        case 1:
            CHECK(expected(pgb_job_status(mine->job, (uint64_t)turn, &json, &error)));
            break;
        case 2:
            CHECK(expected(pgb_job_page(mine->job, 1, &json, &error)));
            break;
        case 3:
            CHECK(expected(pgb_job_result(mine->job, &json, &error)));
            break;
        default:
            /* The first thirty only look until they are half through. */
            if (mine->number >= 30 || turn >= 6) {
                CHECK(expected(pgb_job_cancel(mine->job)));
            }
            break;
        }
        CHECK(json == NULL || error == NULL);
        pgb_string_free(json);
        pgb_string_free(error);
        if (mine->number % 8 == 7 && turn == 9) {
            pgb_job_free(mine->job);
        }
    }
    return NULL;
}

/* All threads on one job; when they are through, it is gone. */
static void play_round(const start_case *which, const pgb_server *server)
{
    pthread_t threads[THREADS];
    part parts[THREADS];
    pthread_barrier_t barrier;
    CHECK(pthread_barrier_init(&barrier, NULL, THREADS) == 0);
    pgb_job *job = started(which, server);
    for (int i = 0; i < THREADS; i++) {
        parts[i].job = job;
        parts[i].number = i;
        parts[i].may_be_late = true;
        parts[i].start = &barrier;
        CHECK(pthread_create(&threads[i], NULL, play, &parts[i]) == 0);
    }
    for (int i = 0; i < THREADS; i++) {
        CHECK(pthread_join(threads[i], NULL) == 0);
    }
    CHECK(pthread_barrier_destroy(&barrier) == 0);
    CHECK(pgb_job_cancel(job) == PGB_STATUS_E_HANDLE);
}

static void *wait_for_end(void *argument)
{
    part *mine = (part *)argument;
    pthread_barrier_wait(mine->start);
    int32_t state = RUNNING;
    pgb_status status = pgb_job_wait(mine->job, 60000, &state);
    CHECK((status == PGB_STATUS_OK && state == CANCELLED) || (status == PGB_STATUS_E_HANDLE && mine->may_be_late));
    return NULL;
}

/* One cancel wakes every waiting thread, and so does a free. */
static void wake_all(const pgb_server *server, bool by_free)
{
    pthread_t threads[THREADS];
    part mine;
    pthread_barrier_t barrier;
    CHECK(pthread_barrier_init(&barrier, NULL, THREADS + 1) == 0);
    mine.job = started(&STARTS[0], server);
    mine.number = 0;
    mine.may_be_late = by_free; /* a thread that comes after the free finds no job */
    mine.start = &barrier;
    for (int i = 0; i < THREADS; i++) {
        CHECK(pthread_create(&threads[i], NULL, wait_for_end, &mine) == 0);
    }
    pthread_barrier_wait(&barrier);
    int32_t state = RUNNING;
    CHECK(pgb_job_wait(mine.job, 100, &state) == PGB_STATUS_OK && state == RUNNING);
    if (by_free) {
        pgb_job_free(mine.job);
    } else {
        CHECK(pgb_job_cancel(mine.job) == PGB_STATUS_OK);
    }
    for (int i = 0; i < THREADS; i++) {
        CHECK(pthread_join(threads[i], NULL) == 0);
    }
    pgb_job_free(mine.job);
    CHECK(pthread_barrier_destroy(&barrier) == 0);
}

int main(int argc, char **argv)
{
    int rounds = argc > 1 ? atoi(argv[1]) : 20;
    CHECK(rounds > 0);
    pgb_server *silent = server_at(quiet_port(true));
    pgb_server *closed = server_at(quiet_port(false));
    for (int i = 0; i < rounds; i++) {
        play_round(&STARTS[i % START_COUNT], i % 2 == 0 ? silent : closed);
    }
    wake_all(silent, false);
    wake_all(silent, true);
    pgb_server_free(silent);
    pgb_server_free(closed);
    CHECK(pgb_shutdown(10000) == PGB_STATUS_OK);
    printf("threads: %d threads on one job, %d rounds\n", THREADS, rounds);
    return 0;
}
