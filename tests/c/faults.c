/*
 * One call of the library, for a tracer that makes the call's system calls fail (`cargo xtask faults`).
 *
 *     faults SETUP FUNCTION ARGUMENT...   makes the call, stops, makes it again, stops
 *     faults check SETUP                  what the library starts as a child: looks at what it was given
 *
 * The program stops itself (SIGSTOP) at its beginning, before the call, behind it, behind the second one, and when all
 * that was returned is given back. At each stop the third argument of its last system call leads to what the call
 * returned. It judges nothing: that is for the tracer, which sees descriptors, memory, children and signals from outside.
 */
#include "check.h"
#include "raw.h"

enum { PTRACE_TRACEME = 0, F_GETFD = 1, SIG_USR1 = 10, SIG_USR2 = 12, SIG_PIPE = 13, SIG_CHLD = 17, SIG_STOP = 19 };
enum { SIG_BLOCK = 0, NOCLDWAIT = 2 };
enum { BOOLEAN, NUMBER, TEXT, LIST };

/* What a call returned. The tracer knows the layout. */
static struct result {
    long value;
    long error;
    long length; /* rt_len() of a text or list */
    long kind;
} result;

static const char *const *arguments;
static size_t argument_count;

static void stop(void)
{
    system_call(NR_kill, rt_getpid(), SIG_STOP, (long)&result, 0);
}

/* How the kernel wants it; without a handler nothing returns through a restorer. */
struct action {
    uintptr_t handler;
    unsigned long flags;
    uintptr_t restorer;
    unsigned long mask;
};

static void handle(long signal, uintptr_t handler, unsigned long flags)
{
    struct action action = {handler, flags, 0, 0};
    system_call(NR_rt_sigaction, signal, (long)&action, 0, 8);
}

static uintptr_t handler_of(long signal)
{
    struct action action = {0, 0, 0, 0};
    system_call(NR_rt_sigaction, signal, 0, (long)&action, 8);
    return action.handler;
}

static void never(void)
{
    rt_exit(99);
}

enum setup { PLAIN, IGNORES, NOT_WAITED, HANDLES };

static enum setup setup_of(const char *name)
{
    return same(name, "ignores") ? IGNORES : same(name, "not-waited") ? NOT_WAITED : same(name, "handles") ? HANDLES : PLAIN;
}

/* What the caller of the library has done with signals. */
static void set_up(enum setup setup)
{
    uint64_t blocked = 1ull << (SIG_USR2 - 1);
    for (long signal = 1; signal <= 64; signal++)
        handle(signal, 0, 0); /* whoever started this */
    for (long fd = 3; fd < 256; fd++)
        system_call(NR_close, fd, 0, 0, 0);
    switch (setup) {
    case PLAIN:
        break;
    case IGNORES:
        handle(SIG_CHLD, 1, 0);
        break;
    case NOT_WAITED:
        handle(SIG_CHLD, 0, NOCLDWAIT);
        break;
    case HANDLES:
        handle(SIG_USR1, (uintptr_t)never, 0);
        handle(SIG_PIPE, 1, 0);
        system_call(NR_rt_sigprocmask, SIG_BLOCK, (long)&blocked, 0, 8);
        break;
    }
}

/* The child: 7 when all is as it should be, else a number that says what is not. */
static int check(int argc, char **argv, enum setup setup)
{
    uint64_t blocked = 0;
    if (argc != 5 || !same(argv[3], "an argument") || argv[4][0])
        return 80;
    if (!same(rt_env_get("RT_FAULTS"), "here"))
        return 81;
    for (long fd = 3; fd < 64; fd++)
        if (system_call(NR_fcntl, fd, F_GETFD, 0, 0) >= 0)
            return 82;
    system_call(NR_rt_sigprocmask, SIG_BLOCK, 0, (long)&blocked, 8);
    if (blocked != (setup == HANDLES ? 1ull << (SIG_USR2 - 1) : 0))
        return 83;
    for (long signal = 1; signal <= 64; signal++)
        if (handler_of(signal) != (setup == IGNORES && signal == SIG_CHLD))
            return 84;
    return 7;
}

/* A pipe with this many bytes in it and nobody to write more; its name in /proc. The descriptor is kept. */
static const char *pipe_of(int64_t bytes, int *end)
{
    static struct line name;
    int ends[2];
    system_call(NR_pipe2, (long)ends, 0, 0, 0);
    for (int64_t i = 0; i < bytes; i++) {
        char byte = (char)('a' + i % 23);
        system_call(NR_write, ends[1], (long)&byte, 1, 0);
    }
    system_call(NR_close, ends[1], 0, 0, 0);
    *end = ends[0];
    name.used = 0;
    add(&name, "/proc/self/fd/");
    add_number(&name, ends[0]);
    return name.text;
}

static long text(char *text)
{
    result.kind = TEXT;
    result.length = (long)rt_len(text);
    return (long)text;
}

static long list(char **list)
{
    result.kind = LIST;
    result.length = (long)rt_len(list);
    return (long)list;
}

static long number(int64_t number)
{
    result.kind = NUMBER;
    return number;
}

static long process_run(void)
{
    return number(rt_process_run(arguments[0], arguments + 1, argument_count - 1));
}

static long call(const char *name, const char *first, const char *second, int64_t fd)
{
    result.kind = BOOLEAN;
#define IS(other) same(name, #other)
    return IS(rt_file_exists)          ? rt_file_exists(first)
           : IS(rt_file_read_text)     ? text(rt_file_read_text(first))
           : IS(rt_file_write_text)    ? rt_file_write_text(first, second)
           : IS(rt_file_append_text)   ? rt_file_append_text(first, second)
           : IS(rt_file_copy)          ? rt_file_copy(first, second)
           : IS(rt_file_delete)        ? rt_file_delete(first)
           : IS(rt_file_remove)        ? rt_file_remove(first)
           : IS(rt_file_size)          ? number(rt_file_size(first))
           : IS(rt_file_modified_time) ? number(rt_file_modified_time(first))
           : IS(rt_file_lock)          ? number(rt_file_lock(first))
           : IS(rt_file_unlock)        ? rt_file_unlock(fd)
           : IS(rt_dir_create)         ? rt_dir_create(first, *second == 'r')
           : IS(rt_dir_list)           ? list(rt_dir_list(first))
           : IS(rt_env_cwd)            ? text(rt_env_cwd())
           : IS(rt_env_get)            ? text(rt_env_get(first))
           : IS(rt_env_home)           ? text(rt_env_home())
           : IS(rt_env_set)            ? rt_env_set(first, second)
           : IS(rt_getpid)             ? number(rt_getpid())
           : IS(rt_process_run)        ? process_run()
           : IS(rt_system_cpu_count)   ? number(rt_system_cpu_count())
           : IS(rt_hostname)           ? text(rt_hostname())
           : IS(rt_print)              ? rt_print(first)
           : IS(rt_eprint)             ? rt_eprint(first)
                                       : number(-2);
#undef IS
}

/* Makes the call between two stops, or with none in front. */
static void perform(const char *name, bool stops_before)
{
    const char *first = argument_count > 0 ? arguments[0] : "", *second = argument_count > 1 ? arguments[1] : "";
    int pipe = -1;
    int64_t fd = -1;
    if (same_bytes(first, "pipe=", 5))
        first = pipe_of(number_in(first + 5), &pipe);
    if (same(name, "rt_file_unlock"))
        fd = rt_file_lock(first);
    if (stops_before)
        stop();
    result.value = call(name, first, second, fd);
    result.error = rt_last_error();
    stop();
    if (result.kind >= TEXT)
        rt_free((void *)result.value);
    if (same(name, "rt_file_lock") && result.value >= 0)
        rt_file_unlock(result.value);
    if (pipe >= 0)
        system_call(NR_close, pipe, 0, 0, 0);
}

int main(int argc, char **argv)
{
    if (argc > 2 && same(argv[1], "check"))
        return check(argc, argv, setup_of(argv[2]));
    if (argc < 3)
        return 2;
    arguments = (const char *const *)argv + 3;
    argument_count = (size_t)argc - 3;
    set_up(setup_of(argv[1]));
    system_call(NR_ptrace, PTRACE_TRACEME, 0, 0, 0);
    stop(); /* nothing is had yet */
    perform(argv[2], true);
    perform(argv[2], false);
    stop(); /* all is given back */
    return 0;
}
