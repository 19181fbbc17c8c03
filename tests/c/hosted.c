/*
 * Compares environment, signals, descriptors, limits, memory and privileges before and after calls of the library. The
 * libc and the kernel are the oracle, so the program needs a libc.
 *
 *     hosted DIRECTORY    the directory must not exist
 */
#define _GNU_SOURCE
#include "check.h"
#include "missing_file.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

static char directory[4000], self[4096];
static int cannot; /* the number of checks that could not run */

static const char *at(const char *name)
{
    static char paths[32][8192];
    static unsigned next;
    char *path = paths[next++ % 32];
    snprintf(path, sizeof paths[0], "%s/%s", directory, name);
    return path;
}

static void cannot_run(const char *what, const char *why)
{
    printf("CANNOT RUN: %s: %s\n", what, why);
    fflush(stdout);
    cannot++;
}

/* Returns whether an emulator runs the program. Checks in which an emulator differs from the kernel do not run then. */
static bool in_an_emulator(const char *what)
{
    bool is = getenv("FFI_SYSCALLS_EMULATED") != NULL;
    if (is && what != NULL) {
        printf("NOT IN AN EMULATOR: %s\n", what);
        fflush(stdout);
    }
    return is;
}

static int32_t sh(const char *script)
{
    const char *const arguments[] = {"-c", script};
    return rt_process_run("sh", arguments, 2);
}

static bool is(char *text, const char *expected)
{
    bool ok = text != NULL && strcmp(text, expected) == 0 && rt_len(text) == strlen(expected);
    rt_free(text);
    return ok;
}

/* Runs checks in a child, where they may change the process's state. They count as this process's. */
static void apart(void (*checks)(void))
{
    int result[2];
    if (!CHECK(pipe2(result, O_CLOEXEC) == 0))
        return;
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        unsigned counts[2];
        atomic_store(&checks_passed, 0);
        atomic_store(&checks_failed, 0);
        close(result[0]);
        int keep = fcntl(result[1], F_DUPFD_CLOEXEC, 900);
        close(result[1]);
        checks();
        counts[0] = atomic_load(&checks_passed);
        counts[1] = atomic_load(&checks_failed);
        _exit(write(keep, counts, sizeof counts) == sizeof counts ? 0 : 1);
    }
    close(result[1]);
    unsigned counts[2] = {0, 1};
    int status = 0;
    CHECK(read(result[0], counts, sizeof counts) == sizeof counts); /* otherwise the child ended early */
    close(result[0]);
    CHECK(waitpid(child, &status, 0) == child && status == 0);
    atomic_fetch_add(&checks_passed, counts[0]);
    atomic_fetch_add(&checks_failed, counts[1]);
}

/* The environment */

static void environment_of_libc(void)
{
    CHECK(setenv("RT_LIBC", "before", 1) == 0);
    CHECK(is(rt_env_get("RT_LIBC"), "before"));
    CHECK(setenv("RT_LIBC", "changed", 1) == 0);
    CHECK(is(rt_env_get("RT_LIBC"), "changed"));
    CHECK(unsetenv("RT_LIBC") == 0);
    FAILS_EMPTY(rt_env_get("RT_LIBC"), E_NOENT);
    CHECK(setenv("RT_LIBC", "again", 1) == 0 && setenv("RT_EMPTY", "", 1) == 0);
    CHECK(sh("test \"$RT_LIBC\" = again") == 0); /* children, before the first rt_env_set */
    CHECK(rt_env_set("RT_OURS", "value"));
    CHECK(is(rt_env_get("RT_LIBC"), "again"));
    FAILS_EMPTY(rt_env_get("RT_EMPTY"), E_NONE);
    CHECK(getenv("RT_OURS") == NULL);
    CHECK(sh("test \"$RT_OURS$RT_LIBC\" = valueagain") == 0);
    CHECK(rt_env_set("RT_LIBC", "ours"));
    CHECK(strcmp(getenv("RT_LIBC"), "again") == 0);
    CHECK(sh("test \"$RT_LIBC\" = ours && test $(env | grep -c ^RT_LIBC=) = 1") == 0);
    /* After the first rt_env_set() the library ignores the libc's changes. */
    CHECK(setenv("RT_LATE", "x", 1) == 0);
    FAILS_EMPTY(rt_env_get("RT_LATE"), E_NOENT);
    CHECK(clearenv() == 0);
    CHECK(is(rt_env_get("RT_OURS"), "value"));
}

static void environment_cleared(void)
{
    CHECK(clearenv() == 0);
    FAILS_EMPTY(rt_env_get("PATH"), E_NOENT);
    FAILS_EMPTY(rt_env_get("HOME"), E_NOENT);
    CHECK(rt_process_run("true", NULL, 0) == 0); /* without PATH, in the default directories */
    CHECK(rt_env_set("RT_ONLY", "one") && is(rt_env_get("RT_ONLY"), "one"));
    CHECK(sh("test $(/usr/bin/env | grep -c -v -e ^PWD= -e ^_= -e ^SHLVL= -e ^OLDPWD) = 1") == 0);
}

static void environment_replaced(void)
{
    static char *mine[] = {"RT_MINE=yes", NULL};
    environ = mine; /* programs assign environ; setenv(3) permits it */
    CHECK(is(rt_env_get("RT_MINE"), "yes"));
    FAILS_EMPTY(rt_env_get("PATH"), E_NOENT);
}

/* Runs with the environment that odd_environment() makes. */
static int in_an_odd_environment(void)
{
    CHECK(is(rt_env_get("DUP"), "first"));
    FAILS_EMPTY(rt_env_get("NOVALUE"), E_NOENT);
    FAILS_EMPTY(rt_env_get("DU"), E_NOENT);
    FAILS_EMPTY(rt_env_get(""), E_NOENT);
    CHECK(is(rt_env_get("LAST"), "=x="));
    CHECK(rt_env_set("DUP", "new") && is(rt_env_get("DUP"), "new"));
    CHECK(sh("test $(/usr/bin/env | grep -c ^DUP=) = 1 && test \"$DUP\" = new && test \"$LAST\" = =x=") == 0);
    CHECK(rt_env_set("NOVALUE", "has one now") && is(rt_env_get("NOVALUE"), "has one now"));
    return verdict();
}

static void odd_environment(void)
{
    if (in_an_emulator("duplicate and malformed variables: the emulator does not pass them on"))
        return;
    char *const arguments[] = {self, "odd environment", "x", NULL};
    char *const odd[] = {"DUP=first", "DUP=second", "NOVALUE", "=odd", "", "DUP", "DUP=third", "LAST==x=", "PATH=/usr/bin:/bin", NULL};
    int status = 0;
    pid_t child = fork();
    if (child == 0) {
        execve(self, arguments, odd);
        _exit(126);
    }
    CHECK(waitpid(child, &status, 0) == child && status == 0);
}

/* State that no operation may change: handlers, signal mask, descriptors, children. */

static void handler(int signal)
{
    (void)signal;
}

struct state {
    unsigned long actions[65][8];
    unsigned long mask[2];
    int descriptors[1024];
    mode_t umask;
    bool has_children;
};

/* The words of the kernel's struct sigaction. */
#ifdef __riscv
enum { FLAGS = 1, RESTORER = 3 };
#else
enum { FLAGS = 1, RESTORER = 2 };
#endif
enum { RESTORER_IS_SET = 0x04000000 };

static void look(struct state *state)
{
    memset(state, 0, sizeof *state);
    for (int signal = 1; signal <= 64; signal++) { /* all signals of the kernel: the libc hides some */
        unsigned long *action = state->actions[signal];
        syscall(SYS_rt_sigaction, signal, NULL, action, 8);
        if ((action[FLAGS] & RESTORER_IS_SET) == 0) /* a libc leaves it uninitialized */
            action[RESTORER] = 0;
    }
    syscall(SYS_rt_sigprocmask, SIG_BLOCK, NULL, state->mask, 8);
    for (int fd = 0; fd < 1024; fd++)
        state->descriptors[fd] = fcntl(fd, F_GETFD);
    state->umask = umask(0);
    umask(state->umask);
    state->has_children = waitpid(-1, NULL, WNOHANG) != -1;
}

/* Runs an operation that succeeds, and the same with failures. */
static void exists(void) { rt_file_exists("/"); rt_file_exists("/no"); rt_file_exists(NULL); }
static void read_text(void) { rt_free(rt_file_read_text("/proc/self/status")); rt_free(rt_file_read_text("/")); rt_free(rt_file_read_text("/no")); rt_free(rt_file_read_text("/proc/self/mem")); }
static void write_text(void) { rt_file_write_text(at("w"), "x"); rt_file_write_text("/dev/full", "x"); rt_file_write_text("/", "x"); }
static void append_text(void) { rt_file_append_text(at("w"), "x"); rt_file_append_text("/dev/full", "x"); rt_file_append_text("/", "x"); }
static void copy(void) { rt_file_copy(at("w"), at("c")); rt_file_copy(at("w"), at("w")); rt_file_copy(at("w"), "/"); rt_file_copy("/", at("c")); rt_file_copy("/proc/self/mem", at("c2")); rt_file_copy(at("w"), "/dev/full"); rt_file_copy("/no", at("c3")); }
static void delete(void) { rt_file_delete(at("c")); rt_file_delete(at("c")); rt_file_delete("/"); }
static void remove_(void) { rt_file_remove(at("w")); rt_file_remove(at("w")); rt_file_remove("/"); }
static void size(void) { (void)rt_file_size("/"); (void)rt_file_size("/no"); }
static void modified(void) { (void)rt_file_modified_time("/"); (void)rt_file_modified_time("/no"); }
static void lock(void) { int64_t fd = rt_file_lock(at("l")); (void)rt_file_lock(at("l")); (void)rt_file_lock("/no/such"); rt_file_unlock(rt_file_lock("/")); rt_file_unlock(fd); rt_file_unlock(fd); }
static void unlock(void) { rt_file_unlock(-1); rt_file_unlock(INT64_C(1) << 32); rt_file_unlock(777); }
static void create(void) { rt_dir_create(at("d"), false); rt_dir_create(at("d"), false); rt_dir_create(at("e/f"), true); rt_dir_create("/proc/x/y", true); }
static void list(void) { rt_free(rt_dir_list("/")); rt_free(rt_dir_list("/no")); rt_free(rt_dir_list("/proc/version")); }
static void cwd(void) { rt_free(rt_env_cwd()); }
static void get(void) { rt_free(rt_env_get("PATH")); rt_free(rt_env_get("RT_NONE")); }
static void home(void) { rt_free(rt_env_home()); rt_env_set("HOME", ""); rt_free(rt_env_home()); }
static void set(void) { rt_env_set("RT_X", "x"); rt_env_set("=", "x"); }
static void pid(void) { (void)rt_getpid(); }
static void count(void) { (void)rt_system_cpu_count(); }
static void host(void) { rt_free(rt_hostname()); }
static void run(void)
{
    sh("exit 3");
    sh("kill -9 $$");
    rt_process_run("/no", NULL, 0);
    rt_process_run("/", NULL, 0);
    rt_process_run("true", NULL, 1);
}

static const struct {
    const char *name;
    void (*call)(void);
} operations[] = {
    {"rt_file_exists", exists}, {"rt_file_write_text", write_text}, {"rt_file_append_text", append_text}, {"rt_file_read_text", read_text},
    {"rt_file_copy", copy}, {"rt_file_delete", delete}, {"rt_file_remove", remove_}, {"rt_file_size", size}, {"rt_file_modified_time", modified},
    {"rt_file_lock", lock}, {"rt_file_unlock", unlock}, {"rt_dir_create", create}, {"rt_dir_list", list}, {"rt_env_cwd", cwd}, {"rt_env_get", get},
    {"rt_env_set", set}, {"rt_env_home", home}, {"rt_getpid", pid}, {"rt_process_run", run}, {"rt_system_cpu_count", count}, {"rt_hostname", host},
};
enum { USUAL_CALLS = sizeof operations / sizeof *operations };

/* The ways in which a caller may have set SIGCHLD up. */
static const struct {
    const char *name;
    void (*handler)(int);
    int flags;
} childs[] = {
    {"default", SIG_DFL, 0},
    {"ignored", SIG_IGN, 0},
    {"a handler", handler, SA_RESTART},
    {"a handler without SA_RESTART", handler, 0},
    {"SA_NOCLDWAIT", SIG_DFL, SA_NOCLDWAIT},
    {"SA_NOCLDWAIT and a handler", handler, SA_NOCLDWAIT},
};
enum { CHILDS = sizeof childs / sizeof *childs };

static void set_sigchld(size_t i)
{
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_handler = childs[i].handler;
    action.sa_flags = childs[i].flags;
    CHECK(sigaction(SIGCHLD, &action, NULL) == 0);
}

static void check_state(const char *name, void (*call)(void))
{
    static struct state before, after;
    look(&before);
    call();
    look(&after);
    check_at(memcmp(before.actions, after.actions, sizeof before.actions) == 0, __FILE__, __LINE__, name);
    check_at(memcmp(before.mask, after.mask, sizeof before.mask) == 0, __FILE__, __LINE__, name);
    check_at(memcmp(before.descriptors, after.descriptors, sizeof before.descriptors) == 0, __FILE__, __LINE__, name);
    check_at(before.umask == after.umask && !after.has_children, __FILE__, __LINE__, name);
}

static void nothing_changes(void)
{
    sigset_t some;
    sigemptyset(&some);
    sigaddset(&some, SIGUSR1);
    sigaddset(&some, SIGCHLD + 3);
    sigaddset(&some, SIGRTMIN + 2);
    CHECK(sigprocmask(SIG_SETMASK, &some, NULL) == 0);
    signal(SIGUSR1, handler);
    signal(SIGUSR2, SIG_IGN);
    signal(SIGPIPE, SIG_IGN);
    signal(SIGTERM, handler);
    signal(SIGRTMIN + 1, handler);
    for (size_t i = 0; i < CHILDS; i++) {
        set_sigchld(i);
        for (size_t k = 0; k < USUAL_CALLS; k++)
            check_state(operations[k].name, operations[k].call);
        for (size_t k = 0; k < MISSING_FILE_CALLS; k++)
            check_state(missing_file_calls[k].name, missing_file_calls[k].call);
    }
}

/* Processes, with each disposition of SIGCHLD */

/* Returns the number on the line of /proc/PID/status that begins with this name. */
static unsigned long signals_of_child(const char *name)
{
    char *status = rt_file_read_text(at("status"));
    const char *line = status ? strstr(status, name) : NULL;
    unsigned long set = line ? strtoul(line + strlen(name), NULL, 16) : 0xbad;
    rt_free(status);
    return set;
}

static void exit_codes(void)
{
    CHECK(rt_file_write_text(at("not executable"), ""));
    for (size_t i = 0; i < CHILDS; i++) {
        unsigned failed_before = atomic_load(&checks_failed);
        set_sigchld(i);
        EQUAL(sh("exit 0"), 0);
        EQUAL(sh("exit 7"), 7);
        EQUAL(sh("exit 255"), 255);
        EQUAL(sh("kill -9 $$"), 128 + 9);
        EQUAL(sh("kill -15 $$"), 128 + 15);
        FAILS(sh("exit 126"), 126, E_NONE);
        FAILS(sh("exit 127"), 127, E_NONE);
        FAILS(rt_process_run("/no/such", NULL, 0), 127, E_NOENT);
        FAILS(rt_process_run(at("not executable"), NULL, 0), 126, E_ACCES);
        FAILS(rt_process_run("/", NULL, 0), 126, E_ACCES);
        EQUAL(sh("sleep 0.05; (exit 3)"), 3); /* a child with children of its own */
        EQUAL(sh("sleep 0.2 & exit 4"), 4);   /* which outlive it */
        if (atomic_load(&checks_failed) != failed_before)
            printf("    the above with SIGCHLD: %s\n", childs[i].name);
        fflush(stdout);
    }
}

static void signals_in_the_child(void)
{
    sigset_t some;
    sigemptyset(&some);
    sigaddset(&some, SIGUSR1);
    sigaddset(&some, SIGWINCH);
    CHECK(sigprocmask(SIG_SETMASK, &some, NULL) == 0);
    for (int signal_number = 1; signal_number < 32; signal_number++)
        signal(signal_number, SIG_DFL);
    signal(SIGUSR2, SIG_IGN);
    signal(SIGHUP, SIG_IGN);
    signal(SIGPIPE, SIG_IGN);
    signal(SIGTERM, handler);
    signal(SIGCHLD, handler);
    const char *const arguments[] = {"/proc/self/status", at("status")};
    const unsigned long ignored = 1UL << (SIGUSR2 - 1) | 1UL << (SIGHUP - 1), mask = 1UL << (SIGUSR1 - 1) | 1UL << (SIGWINCH - 1);
    const unsigned long ordinary = 0x7fffffff; /* the signals that have names */
    for (size_t i = 0; i < CHILDS; i++) {
        set_sigchld(i);
        unlink(at("status"));
        EQUAL(rt_process_run("cp", arguments, 2), 0);
        EQUAL((int64_t)(signals_of_child("SigBlk:") & ordinary), (int64_t)mask);
        EQUAL((int64_t)(signals_of_child("SigIgn:") & ordinary), (int64_t)(ignored | (childs[i].handler == SIG_IGN ? 1UL << (SIGCHLD - 1) : 0)));
        EQUAL((int64_t)signals_of_child("SigCgt:"), 0);
    }
}

static void descriptors_in_the_child(void)
{
    CHECK(rt_file_write_text(at("fds"), ""));
    int64_t first = rt_file_lock(at("one")), second = rt_file_lock(at("two"));
    CHECK(first > 2 && (fcntl((int)first, F_GETFD) & FD_CLOEXEC));
    CHECK(second > 2 && (fcntl((int)second, F_GETFD) & FD_CLOEXEC));
    char expected[4096] = "";
    for (int fd = 0; fd < 1024; fd++) {
        int flags = fcntl(fd, F_GETFD);
        if (flags >= 0 && !(flags & FD_CLOEXEC))
            snprintf(expected + strlen(expected), sizeof expected - strlen(expected), "%d\n", fd);
    }
    CHECK(rt_env_set("D", directory));
    for (size_t i = 0; i < CHILDS; i++) {
        set_sigchld(i);
        CHECK(sh("t=; for n in $(seq 0 1023); do test ! -e /proc/$$/fd/$n || t=\"$t$n\n\"; done; printf %s \"$t\" > \"$D/fds\"") == 0);
        CHECK(is(rt_file_read_text(at("fds")), expected));
    }
    CHECK(rt_file_unlock(first) && rt_file_unlock(second));
}

static void many_runs(void)
{
    static struct state before, after;
    for (size_t i = 0; i < CHILDS; i++) {
        set_sigchld(i);
        look(&before);
        int wrong = 0, runs = in_an_emulator(NULL) ? 40 : 200;
        for (int k = 0; k < runs; k++)
            wrong += rt_process_run(k % 4 ? "true" : "/no/such", NULL, 0) != (k % 4 ? 0 : 127);
        EQUAL(wrong, 0);
        look(&after);
        CHECK(memcmp(before.descriptors, after.descriptors, sizeof before.descriptors) == 0);
        CHECK(!after.has_children);
    }
    CHECK(waitpid(-1, NULL, WNOHANG) == -1 && errno == ECHILD);
}

/* Interrupts every operation that waits, again and again: each continues. */
static void interrupted(void)
{
    static const struct itimerval often = {{0, 500}, {0, 500}}, never;
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_handler = handler; /* without SA_RESTART */
    CHECK(sigaction(SIGALRM, &action, NULL) == 0);
    CHECK(mkfifo(at("fifo"), 0600) == 0);
    for (size_t i = 0; i < CHILDS; i++) {
        set_sigchld(i);
        pid_t writer = fork();
        if (writer == 0) {
            usleep(100000);
            int fd = open(at("fifo"), O_WRONLY);
            bool ok = write(fd, "one", 3) == 3;
            usleep(100000);
            _exit(ok && write(fd, "two", 3) == 3 ? 0 : 1);
        }
        setitimer(ITIMER_REAL, &often, NULL);
        CHECK(is(rt_file_read_text(at("fifo")), "onetwo"));
        EQUAL(sh("sleep 0.1; exit 9"), 9);
        CHECK(rt_file_write_text(at("w"), "text") && rt_file_copy(at("w"), at("w2")) && is(rt_file_read_text(at("w2")), "text"));
        setitimer(ITIMER_REAL, &never, NULL);
        while (waitpid(writer, NULL, 0) == -1 && errno == EINTR)
            ;
    }
}

/* Limits */

/* Limits the number of descriptors that can still be opened. */
static void leave_descriptors(int n)
{
    struct rlimit limit;
    getrlimit(RLIMIT_NOFILE, &limit);
    int top = 0;
    for (int fd = 0; n >= 0; fd++)
        if (fcntl(fd, F_GETFD) == -1 && n-- == 0)
            top = fd;
    limit.rlim_cur = (rlim_t)top;
    CHECK(setrlimit(RLIMIT_NOFILE, &limit) == 0);
}

static void no_descriptors(void)
{
    static struct state before, after;
    CHECK(rt_file_write_text(at("some"), "some"));
    CHECK(rt_env_set("HOME", ""));
    look(&before);
    leave_descriptors(0);
    FAILS(rt_file_read_text(at("some")), NULL, E_MFILE);
    FAILS(rt_file_write_text(at("some"), "x"), false, E_MFILE);
    FAILS(rt_file_append_text(at("some"), "x"), false, E_MFILE);
    FAILS(rt_file_copy(at("some"), at("other")), false, E_MFILE);
    FAILS(rt_file_lock(at("some")), -1, E_MFILE);
    FAILS(rt_dir_list(directory), NULL, E_MFILE);
    FAILS(rt_process_run("true", NULL, 0), -1, E_MFILE);
    FAILS_EMPTY(rt_env_home(), E_MFILE); /* reads /etc/passwd */
    /* Operations that need no descriptor. */
    CHECK(rt_file_exists(at("some")) && rt_file_size(at("some")) == 4 && rt_dir_create(at("made"), true) && rt_system_cpu_count() >= 1);
    rt_free(rt_env_cwd());
    leave_descriptors(1);
    FAILS(rt_file_copy(at("some"), at("other")), false, E_MFILE);
    CHECK(!rt_file_exists(at("other")));
    CHECK(is(rt_file_read_text(at("some")), "some"));
    for (size_t i = 0; i < CHILDS; i++) { /* a child succeeds or is refused; no third outcome */
        set_sigchld(i);
        for (int n = 0; n < 7; n++) {
            leave_descriptors(n);
            int32_t code = rt_process_run("/no/such", NULL, 0), error = rt_last_error();
            CHECK((code == 127 && error == E_NOENT && n > 1) || (code == -1 && error == E_MFILE && n < 4));
        }
    }
    set_sigchld(0);
    struct rlimit limit;
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
    look(&after);
    CHECK(memcmp(before.descriptors, after.descriptors, sizeof before.descriptors) == 0);
}

/* Without permission for more processes the error is fork's, and no descriptor leaks. */
static void no_processes(void)
{
    static struct state before, after;
    if (getuid() == 0 && (setgroups(0, NULL) != 0 || setgid(65533) != 0 || setuid(65533) != 0)) {
        cannot_run("the limit of processes", "cannot become another user");
        return;
    }
    struct rlimit none = {0, 0};
    CHECK(setrlimit(RLIMIT_NPROC, &none) == 0);
    for (size_t i = 0; i < CHILDS; i++) {
        set_sigchld(i);
        look(&before);
        FAILS(rt_process_run("true", NULL, 0), -1, E_AGAIN);
        look(&after);
        CHECK(memcmp(&before, &after, sizeof before) == 0);
    }
}

static void file_size_limit(void)
{
    CHECK(rt_file_write_text(at("big"), "0123456789"));
    signal(SIGXFSZ, SIG_IGN);
    struct rlimit limit = {4, 4};
    CHECK(setrlimit(RLIMIT_FSIZE, &limit) == 0);
    FAILS(rt_file_write_text(at("small"), "0123456789"), false, EFBIG);
    FAILS(rt_file_copy(at("big"), at("copied")), false, EFBIG);
    CHECK(!rt_file_exists(at("copied")));
}

/* Without memory operations fail with ENOMEM, and do not crash. */
static void no_memory(void)
{
    if (in_an_emulator("limits of memory: they apply to the emulator too"))
        return;
    CHECK(truncate(rt_file_write_text(at("large"), "x") ? at("large") : "", 200 << 20) == 0);
    struct rlimit limit = {100 << 20, 100 << 20};
    CHECK(setrlimit(RLIMIT_AS, &limit) == 0);
    FAILS(rt_file_read_text(at("large")), NULL, ENOMEM);
    CHECK(truncate(at("large"), 5) == 0);
    char *text = rt_file_read_text(at("large"));
    CHECK(text != NULL && rt_len(text) == 5);
    rt_free(text);
    CHECK(truncate(at("large"), 200 << 20) == 0);
    FAILS(rt_file_read_text(at("large")), NULL, ENOMEM);
}

static pthread_barrier_t all_there;

static void *fail_without_memory(void *unused)
{
    (void)unused;
    pthread_barrier_wait(&all_there); /* each with a stack */
    pthread_barrier_wait(&all_there); /* and no memory left */
    EQUAL(rt_file_size("/no/such/file"), -1);
    EQUAL(rt_last_error(), ENOENT);
    pthread_barrier_wait(&all_there);
    return NULL;
}

/* Threads that get no slot for their last error, for want of memory, still report errors. */
static void no_memory_for_errors(void)
{
    enum { THREADS = 200 };
    if (in_an_emulator("limits of memory: they apply to the emulator too"))
        return;
    pthread_t threads[THREADS];
    pthread_attr_t small;
    CHECK(pthread_attr_init(&small) == 0 && pthread_attr_setstacksize(&small, 1 << 16) == 0);
    pthread_barrier_init(&all_there, NULL, THREADS + 1);
    for (int i = 0; i < THREADS; i++)
        CHECK(pthread_create(&threads[i], &small, fail_without_memory, NULL) == 0);
    pthread_barrier_wait(&all_there);
    struct rlimit limit = {1 << 20, 1 << 20};
    CHECK(setrlimit(RLIMIT_AS, &limit) == 0);
    pthread_barrier_wait(&all_there);
    pthread_barrier_wait(&all_there);
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
}

/* Memory */

static long resident_pages(void)
{
    /* Excludes pages of files, such as the libc's code: the kernel drops and reads them at any time. */
    long size = 0, resident = 0, of_files = 1;
    FILE *file = fopen("/proc/self/statm", "r");
    if (file == NULL || fscanf(file, "%ld %ld %ld", &size, &resident, &of_files) != 3)
        resident = 0;
    if (file != NULL)
        fclose(file);
    return resident - of_files;
}

static void memory_stays(void)
{
    CHECK(rt_file_write_text(at("a file"), "a content of a few words"));
    CHECK(sh("exit 0") == 0);
    long after_warming = 0;
    int cycles = in_an_emulator(NULL) ? 5000 : 21000;
    for (int cycle = 0; cycle < cycles; cycle++) {
        if (cycle == 1000)
            after_warming = resident_pages();
        char value[64];
        snprintf(value, sizeof value, "value %d", cycle);
        bool ok = rt_env_set("RT_CYCLE", value) && is(rt_env_get("RT_CYCLE"), value);
        char *text = rt_file_read_text(at("a file"));
        char **names = rt_dir_list("/proc/self");
        char *host = rt_hostname(), *where = rt_env_cwd(), *home_path = rt_env_home();
        if (cycle % 100 == 0 || !ok || text == NULL || names == NULL || host == NULL || where == NULL)
            CHECK(ok && text != NULL && names != NULL && host != NULL && where != NULL && home_path != NULL);
        rt_free(where); /* in another order than they were allocated */
        rt_free(text);
        rt_free(home_path);
        rt_free(names);
        rt_free(host);
    }
    long growth = resident_pages() - after_warming;
    CHECK(after_warming > 0);
    if (!CHECK(growth <= 16))
        printf("    the resident size grew by %ld pages\n", growth), fflush(stdout);
    /* Allocates and frees blocks of every size: freed memory is unmapped or reused. */
    CHECK(sh("exit 0") == 0);
    long peak = 0;
    for (int cycle = 0; cycle < 60; cycle++) {
        CHECK(truncate(at("a file"), 1000 + cycle % 12 * (3 << 20)) == 0);
        rt_free(rt_file_read_text(at("a file")));
        if (cycle == 24)
            peak = resident_pages();
    }
    CHECK(resident_pages() - peak <= (in_an_emulator(NULL) ? 4096 : 64));
}

/* Rights */

/* Returns root's home directory from /etc/passwd. */
static const char *passwd_home(uid_t user)
{
    static char line[4096];
    FILE *file = fopen("/etc/passwd", "r");
    while (file != NULL && fgets(line, sizeof line, file) != NULL) {
        char *field[7], *rest = line;
        int n = 0;
        while (n < 7 && (field[n] = strsep(&rest, ":\n")) != NULL)
            n++;
        if (n >= 6 && (uid_t)atol(field[2]) == user) {
            fclose(file);
            return field[5];
        }
    }
    if (file != NULL)
        fclose(file);
    return "";
}

/* Runs as a set-user-ID root program that another user starts with a hostile HOME and PATH. */
static int raised(const char *where)
{
    snprintf(directory, sizeof directory, "%s", where);
    if (getuid() == 0 || geteuid() != 0 || getauxval(AT_SECURE) == 0) {
        printf("CANNOT RUN: set-user-ID: the program did not get the rights of its file\n");
        return 42;
    }
    CHECK(is(rt_env_get("HOME"), "/of/the/attacker")); /* the variable keeps its value */
    CHECK(is(rt_env_home(), passwd_home(0)));
    FAILS(rt_process_run("rt-tool", NULL, 0), 127, E_NOENT);
    EQUAL(rt_process_run("true", NULL, 0), 0); /* the default one, not the one in PATH */
    EQUAL(rt_process_run(at("evil/true"), NULL, 0), 99);
    CHECK(rt_file_exists(at("private/file"))); /* the effective user may see it, the real user may not */
    FAILS(rt_file_exists(at("private/no")), false, E_NOENT);
    CHECK(access(at("private/file"), F_OK) == -1 && errno == EACCES);
    /* Dropping privileges makes none of this trusted. */
    CHECK(setresuid(getuid(), getuid(), getuid()) == 0);
    CHECK(!is(rt_env_home(), "/of/the/attacker"));
    FAILS(rt_process_run("rt-tool", NULL, 0), 127, E_NOENT);
    FAILS(rt_file_exists(at("private/file")), false, E_ACCES);
    return verdict();
}

/* The same program, which drops its privileges before its first call. */
static int raised_and_lowered(void)
{
    bool lowered = geteuid() == 0 && getuid() != 0 && setresuid(getuid(), getuid(), getuid()) == 0;
    CHECK(lowered);
    CHECK(!is(rt_env_home(), "/of/the/attacker"));
    FAILS(rt_process_run("rt-tool", NULL, 0), 127, E_NOENT);
    return verdict();
}

static void run_raised(const char *mode)
{
    static char home_variable[] = "HOME=/of/the/attacker", path_variable[8192];
    snprintf(path_variable, sizeof path_variable, "PATH=%s", at("evil"));
    char *variables[] = {home_variable, path_variable, NULL};
    char program[4100], *arguments[] = {program, (char *)(uintptr_t)mode, directory, NULL};
    snprintf(program, sizeof program, "%s", at("raised"));
    int status = 0;
    pid_t child = fork();
    if (child == 0) {
        if (setgroups(0, NULL) == 0 && setgid(65534) == 0 && setuid(65534) == 0)
            execve(program, arguments, variables);
        _exit(125);
    }
    CHECK(waitpid(child, &status, 0) == child);
    if (WIFEXITED(status) && WEXITSTATUS(status) == 42)
        cannot++; /* it reported that already */
    else
        EQUAL(WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status), 0);
}

static void raised_rights(void)
{
    struct statvfs system;
    if (geteuid() != 0) {
        cannot_run("set-user-ID", "needs root");
        return;
    }
    if (statvfs(directory, &system) != 0 || (system.f_flag & ST_NOSUID)) {
        cannot_run("set-user-ID", "the directory is on a file system mounted nosuid");
        return;
    }
    if (prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1) {
        cannot_run("set-user-ID", "this process may not gain rights (no_new_privs)");
        return;
    }
    CHECK(chmod(directory, 0755) == 0);
    CHECK(rt_file_copy(self, at("raised")) && chown(at("raised"), 0, 0) == 0 && chmod(at("raised"), 04755) == 0);
    CHECK(rt_dir_create(at("evil"), false) && rt_dir_create(at("private"), false) && rt_file_write_text(at("private/file"), "x"));
    CHECK(rt_file_write_text(at("evil/true"), "#!/bin/sh\nexit 99\n") && rt_file_copy(at("evil/true"), at("evil/rt-tool")));
    CHECK(chmod(at("evil/true"), 0755) == 0 && chmod(at("evil/rt-tool"), 0755) == 0 && chmod(at("private"), 0700) == 0);
    run_raised("raised");
    run_raised("raised and lowered");
    /* The copy of a set-user-ID program has no set-user-ID bit. */
    struct stat copied;
    CHECK(rt_file_copy(at("raised"), at("copied")) && stat(at("copied"), &copied) == 0 && (copied.st_mode & 07777) == 0755);
}

/* Printing */

static void printing(void)
{
    int ends[2], out = dup(1);
    signal(SIGPIPE, SIG_IGN);
    CHECK(pipe(ends) == 0);
    close(ends[0]);
    dup2(ends[1], 1);
    close(ends[1]);
    bool printed = rt_print("x");
    int32_t error = rt_last_error();
    dup2(out, 1);
    CHECK(!printed && error == E_PIPE);
    /* A non-blocking descriptor with a slow reader: all bytes arrive. */
    CHECK(pipe(ends) == 0 && fcntl(ends[1], F_SETFL, O_NONBLOCK) == 0);
    static char text[(1 << 20) + 1], got[1 << 16];
    memset(text, 'p', sizeof text - 1);
    pid_t reader = fork();
    if (reader == 0) {
        long sum = 0, n;
        close(ends[1]);
        usleep(100000);
        while ((n = read(ends[0], got, sizeof got)) > 0)
            sum += n;
        _exit(sum == sizeof text - 1 ? 0 : 1);
    }
    dup2(ends[1], 1);
    close(ends[1]);
    printed = rt_print(text);
    dup2(out, 1);
    int status = 0;
    CHECK(printed && waitpid(reader, &status, 0) == reader && status == 0);
}

static void error_texts(void)
{
#if defined __GLIBC__ && (__GLIBC__ > 2 || __GLIBC_MINOR__ >= 32)
    for (int number = 1; number < 200; number++)
        if (strerrorname_np(number) != NULL) {
            char expected[200];
            snprintf(expected, sizeof expected, "%s: %s", strerrorname_np(number), strerrordesc_np(number));
            check_at(strcmp(rt_error_text(number), expected) == 0, __FILE__, __LINE__, expected);
        }
#endif
}

int main(int argc, char **argv)
{
    if (argc == 3 && strcmp(argv[1], "odd environment") == 0)
        return in_an_odd_environment();
    if (argc == 3 && strcmp(argv[1], "raised") == 0)
        return raised(argv[2]);
    if (argc == 3 && strcmp(argv[1], "raised and lowered") == 0)
        return raised_and_lowered();
    if (argc != 2 || strlen(argv[1]) > 3000 || mkdir(argv[1], 0755) != 0 || realpath(argv[1], directory) == NULL) {
        fprintf(stderr, "usage: hosted DIRECTORY (which must not exist)\n");
        return 2;
    }
    CHECK(readlink("/proc/self/exe", self, sizeof self - 1) > 0);
    apart(environment_of_libc);
    apart(environment_cleared);
    apart(environment_replaced);
    odd_environment();
    apart(nothing_changes);
    apart(exit_codes);
    apart(signals_in_the_child);
    apart(descriptors_in_the_child);
    apart(many_runs);
    apart(interrupted);
    apart(no_descriptors);
    apart(no_processes);
    apart(file_size_limit);
    apart(no_memory);
    apart(no_memory_for_errors);
    apart(memory_stays);
    apart(printing);
    raised_rights();
    error_texts();
    const char *const everything[] = {"-rf", directory};
    EQUAL(rt_process_run("rm", everything, 2), 0);
    if (cannot)
        printf("%d parts CANNOT RUN here\n", cannot);
    fflush(stdout);
    return verdict();
}
