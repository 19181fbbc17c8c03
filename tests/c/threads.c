/*
 * Many threads of a program with a libc use the library at once. Needs pthreads.
 *
 *     threads DIRECTORY    the directory must not exist
 */
#define _GNU_SOURCE
#include "threads.h"

#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static void yield(void)
{
    sched_yield();
}

static void *worker(void *argument)
{
    work((unsigned)(uintptr_t)argument, yield);
    return NULL;
}

static void *short_lived(void *argument)
{
    fail_and_end((unsigned)(uintptr_t)argument);
    return NULL;
}

/* Set in an emulator, where programs take long to start. */
static bool is_emulated;

static pthread_t start(void *(*life)(void *), uintptr_t argument)
{
    pthread_t thread;
    if (!CHECK(pthread_create(&thread, NULL, life, (void *)argument) == 0))
        exit(verdict());
    return thread;
}

static void eight_at_once(void)
{
    pthread_t threads[THREADS];
    for (uintptr_t i = 0; i < THREADS; i++)
        threads[i] = start(worker, i);
    for (size_t i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
}

/* Starts more threads than the library has slots for at first, thirty at a time. */
static void many_after_each_other(void)
{
    for (uintptr_t i = 0; i < 300; i += 30) {
        pthread_t threads[30];
        for (uintptr_t k = 0; k < 30; k++)
            threads[k] = start(short_lived, i + k);
        for (size_t k = 0; k < 30; k++)
            pthread_join(threads[k], NULL);
    }
}

static pthread_barrier_t all_failed, all_looked;

static void *failing_together(void *argument)
{
    for (unsigned round = 0; round < 8; round++) {
        int32_t expected = fail((unsigned)(uintptr_t)argument + round);
        pthread_barrier_wait(&all_failed);
        EQUAL(rt_last_error(), expected);
        pthread_barrier_wait(&all_looked);
    }
    return NULL;
}

/* All threads fail before the first reads its error: three hundred threads that live at once have a slot each. */
static void many_together(void)
{
    enum { MANY = 300 };
    static pthread_t threads[MANY];
    pthread_attr_t small;
    pthread_attr_init(&small);
    pthread_attr_setstacksize(&small, 128 << 10);
    pthread_barrier_init(&all_failed, NULL, MANY);
    pthread_barrier_init(&all_looked, NULL, MANY);
    for (uintptr_t i = 0; i < MANY; i++)
        if (!CHECK(pthread_create(&threads[i], &small, failing_together, (void *)i) == 0))
            exit(verdict());
    for (size_t i = 0; i < MANY; i++)
        pthread_join(threads[i], NULL);
    pthread_attr_destroy(&small);
}

static void *free_twice(void *unused)
{
    (void)unused;
    void *text = rt_env_cwd();
    rt_free(text);
    rt_free(text);
    return NULL;
}

/* A misuse by another thread than the first ends the process with the signal too, not with an exit code. */
static void misuse_in_a_thread(void)
{
    int wrong = 0;
    for (int i = 0; i < 100; i++) {
        pid_t child = fork();
        if (child == 0) {
            int null = open("/dev/null", O_WRONLY);
            dup2(null, 2);
            pthread_t thread;
            pthread_create(&thread, NULL, free_twice, NULL);
            pthread_join(thread, NULL);
            _exit(0);
        }
        int status = 0;
        waitpid(child, &status, 0);
        wrong += !(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
    }
    EQUAL(wrong, 0);
}

static int pipe_ends[2];

static void *close_later(void *unused)
{
    (void)unused;
    usleep(200000);
    close(pipe_ends[1]);
    return NULL;
}

/*
 * While a child runs, another thread closes the one writing end of a pipe that the child reads to its end. The
 * library's wait for the child must not keep that end open: the descriptor is close-on-exec.
 */
static void pipe_closed_by_another_thread(void)
{
    static const char *const reads[] = {"-c", "cat > /dev/null; exit 5"};
    for (int ignored = 0; ignored < 2; ignored++) {
        pid_t child = fork(); /* with an alarm of its own, in case it waits forever */
        if (child == 0) {
            setpgid(0, 0);
            signal(SIGCHLD, ignored ? SIG_IGN : SIG_DFL);
            if (pipe2(pipe_ends, O_CLOEXEC) != 0)
                _exit(1);
            dup2(pipe_ends[0], 0);
            pthread_t thread;
            pthread_create(&thread, NULL, close_later, NULL);
            alarm(5);
            _exit(rt_process_run("sh", reads, 2));
        }
        int status = 0;
        waitpid(child, &status, 0);
        kill(-child, SIGKILL); /* the rest of the group, if it has waited */
        CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 5);
    }
}

static pthread_barrier_t all_run;

static void *run_many(void *argument)
{
    struct line script = {0};
    add(&script, "exit ");
    add_number(&script, (int)(uintptr_t)argument);
    const char *const arguments[] = {"-c", script.text};
    pthread_barrier_wait(&all_run);
    for (int i = 0; i < (is_emulated ? 5 : 25); i++)
        EQUAL(rt_process_run("sh", arguments, 2), (int)(uintptr_t)argument);
    pthread_barrier_wait(&all_run); /* as in work(), for qemu */
    return NULL;
}

/* Several threads run children at once; each gets its own child's code, with SIGCHLD at its default and ignored. */
static void processes_at_once(void)
{
    pthread_barrier_init(&all_run, NULL, THREADS);
    for (int ignored = 0; ignored < 2; ignored++) {
        signal(SIGCHLD, ignored ? SIG_IGN : SIG_DFL);
        pthread_t threads[THREADS];
        for (uintptr_t i = 0; i < THREADS; i++)
            threads[i] = start(run_many, 20 + i);
        for (size_t i = 0; i < THREADS; i++)
            pthread_join(threads[i], NULL);
    }
    signal(SIGCHLD, SIG_DFL);
}

static atomic_uint set_in_libc;
static atomic_bool is_enough;

/* Makes the libc's environment grow and move, with other values for variables that the library has set. */
static void *set_by_libc(void *unused)
{
    (void)unused;
    for (unsigned round = 0; !atomic_load(&is_enough); round++) {
        struct line name = {0}, value = {0};
        add(&name, "RT_LIBC_");
        add_number(&name, round % 300);
        add(&value, "the libc's");
        for (unsigned i = 0; i < round % 40; i++)
            add(&value, ", and more");
        const char *const names[] = {"RT_EARLY", "RT_OURS", "HOME", name.text};
        for (size_t i = 0; i < sizeof names / sizeof *names; i++)
            if (setenv(names[i], value.text, 1) != 0)
                exit(2);
        if (round % 3 == 0)
            unsetenv(name.text);
        atomic_fetch_add(&set_in_libc, 1);
    }
    return NULL;
}

static bool is(char *text, const char *expected)
{
    bool ok = text != NULL && same(text, expected) && rt_len(text) == length(expected);
    rt_free(text);
    return ok;
}

/* After the first rt_env_set() the library has an environment of its own: a concurrent setenv() affects neither it nor
   its children. */
static void environment_beside_setenv(void)
{
    const unsigned enough = is_emulated ? 2000 : 20000;
    static const char *const looks[] = {"-c", "test \"$RT_EARLY $RT_OURS $HOME ${RT_LIBC_1-none}\" = 'early ours /of/ours none'"};
    CHECK(rt_env_set("RT_OURS", "ours") && rt_env_set("HOME", "/of/ours"));
    pthread_t setter = start(set_by_libc, 0);
    while (atomic_load(&set_in_libc) == 0) /* qemu cannot start a child while a thread begins: see threads.h */
        yield();
    unsigned round = 0;
    for (; atomic_load(&set_in_libc) < enough && atomic_load(&checks_failed) < 20; round++) {
        CHECK(is(rt_env_get("RT_EARLY"), "early"));
        CHECK(is(rt_env_get("RT_OURS"), "ours"));
        CHECK(is(rt_env_home(), "/of/ours"));
        FAILS_EMPTY(rt_env_get("RT_LIBC_1"), E_NOENT);
        if (round % 500 == 0)
            EQUAL(rt_process_run("sh", looks, 2), 0);
    }
    CHECK(round > 0);
    atomic_store(&is_enough, true);
    pthread_join(setter, NULL);
}

int main(int argc, char **argv)
{
    is_emulated = getenv("FFI_SYSCALLS_EMULATED") != NULL;
    setenv("RT_EARLY", "early", 1); /* before the library copies the environment */
    if (argc != 2 || !prepare(argv[1])) {
        rt_eprint("usage: threads DIRECTORY (which must not exist)\n");
        return 2;
    }
    misuse_in_a_thread(); /* tests that fork come first, while there is one thread */
    pipe_closed_by_another_thread();
    environment_beside_setenv();
    eight_at_once();
    many_after_each_other();
    many_together();
    processes_at_once();
    clean_up();
    return verdict();
}
