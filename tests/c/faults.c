/*
 * One call of the library, for a tracer that makes the call's system calls fail (`cargo xtask faults`).
 *
 *     faults SETUP FUNCTION ARGUMENT...   makes the call, stops, makes it again, stops
 *     faults check SETUP                  as the child that the library starts: checks the state that it was given
 *     faults echo                         as such a child: copies its input to its output, and writes an error
 *     faults trace TITLE SETUP FUNCTION ARGUMENT...
 *                                         makes the call between two marks (`cargo xtask calls`)
 *
 * The program stops itself (SIGSTOP) at its start, before the call, after it, after the second one, and when all that
 * was returned is freed. At each stop the third argument of its last system call is the address of the result. The
 * tracer judges it: it sees descriptors, memory, children and signals from outside.
 */
#include "check.h"
#include "raw.h"

enum { SIG_BLOCK = 0, NOCLDWAIT = 2, NOBODY = 65534, AT_WORKING_DIRECTORY = -100 };
enum { BOOLEAN, NUMBER, TEXT, LIST, MAPPING };
enum { PTRACE_TRACEME = 0, F_GETFD = 1, SIG_KILL = 9, SIG_USR1 = 10, SIG_USR2 = 12, SIG_PIPE = 13, SIG_CHLD = 17, SIG_STOP = 19 };

/* The result of a call. The tracer knows the layout. */
static struct result {
    long value;
    long error;
    long length; /* rt_len() of a text or list; that of a mapping */
    long kind;
} result;

static const char *const *arguments;
static size_t argument_count;

/* The title of a trace, in which marks replace the stops. A mark is a write to descriptor -1: a line in the trace. */
static const char *title;

static void mark(void)
{
    system_call(__NR_write, -1, (long)title, (long)length(title), 0);
    title = ""; /* the second mark ends the section */
}

static void stop(void)
{
    if (title != NULL) {
        mark();
        return;
    }
    system_call(__NR_kill, rt_getpid(), SIG_STOP, (long)&result, 0);
}

/* The kernel's struct. It needs no restorer, because no handler returns. */
struct action {
    uintptr_t handler;
    unsigned long flags;
    uintptr_t restorer;
    unsigned long mask;
};

static void handle(long signal, uintptr_t handler, unsigned long flags)
{
    struct action action = {handler, flags, 0, 0};
    system_call(__NR_rt_sigaction, signal, (long)&action, 0, 8);
}

static uintptr_t handler_of(long signal)
{
    struct action action = {0, 0, 0, 0};
    system_call(__NR_rt_sigaction, signal, 0, (long)&action, 8);
    return action.handler;
}

static void never(void)
{
    rt_exit(99);
}

enum setup { PLAIN, CLOSED, READS, IGNORES, NOT_WAITED, HANDLES, UNWRITABLE, UNREADABLE };

static enum setup setup_of(const char *name)
{
    static const char *const names[] = {"plain", "closed", "reads", "ignores", "not-waited", "handles", "unwritable", "unreadable"};
    enum setup setup = UNREADABLE;
    while (setup != PLAIN && !same(name, names[setup]))
        setup--;
    return setup;
}

/* Set if the first argument is the file to be the standard input of each call. */
static bool reads;

/* Takes permissions from new directories, as a user whom they bind. */
static void take_permissions(long umask)
{
    system_call(__NR_umask, umask, 0, 0, 0);
    system_call(__NR_setfsuid, NOBODY, 0, 0, 0);
}

/* Sets up signals, standard streams or the umask, as a caller of the library may have done. */
static void set_up(enum setup setup)
{
    uint64_t blocked = 1ull << (SIG_USR2 - 1);
    for (long signal = 1; signal <= 64; signal++)
        handle(signal, 0, 0); /* the parent may have set others */
    for (long fd = 3; fd < 256; fd++)
        system_call(__NR_close, fd, 0, 0, 0);
    switch (setup) {
    case PLAIN:
        break;
    case CLOSED:
        system_call(__NR_close, 0, 0, 0, 0);
        system_call(__NR_close, 1, 0, 0, 0);
        break;
    case READS:
        reads = true;
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
        system_call(__NR_rt_sigprocmask, SIG_BLOCK, (long)&blocked, 0, 8);
        break;
    case UNWRITABLE:
        take_permissions(0300);
        break;
    case UNREADABLE:
        take_permissions(0777);
        break;
    }
}

/* The child's main: returns 7 if its state is right, or the number of the failed check. */
static int check(int argc, char **argv, enum setup setup)
{
    uint64_t blocked = 0;
    if (argc != 5 || !same(argv[3], "an argument") || argv[4][0])
        return 80;
    if (!same(rt_env_get("RT_FAULTS"), "here"))
        return 81;
    for (long fd = 3; fd < 64; fd++)
        if (system_call(__NR_fcntl, fd, F_GETFD, 0, 0) >= 0)
            return 82;
    system_call(__NR_rt_sigprocmask, SIG_BLOCK, 0, (long)&blocked, 8);
    if (blocked != (setup == HANDLES ? 1ull << (SIG_USR2 - 1) : 0))
        return 83;
    for (long signal = 1; signal <= 64; signal++)
        if (handler_of(signal) != (setup == IGNORES && signal == SIG_CHLD))
            return 84;
    return 7;
}

/* Pauses, so that the caller finds one event at a time. */
static void pause(void)
{
    long time[] = {0, 10000000};
    system_call(__NR_nanosleep, (long)time, 0, 0, 0);
}

/* The main of a child whose streams are pipes. */
static int echo(void)
{
    char bytes[64];
    long n = 0, got;
    while ((got = system_call(__NR_read, 0, (long)bytes + n, 16, 0)) > 0 && n < 32)
        n += got;
    pause();
    system_call(__NR_write, 1, (long)bytes, n, 0);
    pause();
    system_call(__NR_close, 1, 0, 0, 0);
    pause();
    rt_eprint("err");
    pause();
    system_call(__NR_close, 2, 0, 0, 0);
    pause();
    return 7;
}

/* Makes a pipe with this many bytes and no writer. Returns its name in /proc; the descriptor stays open. */
static const char *pipe_of(int64_t bytes, int *end)
{
    static struct line name;
    int ends[2];
    system_call(__NR_pipe2, (long)ends, 0, 0, 0);
    for (int64_t i = 0; i < bytes; i++) {
        char byte = (char)('a' + i % 23);
        system_call(__NR_write, ends[1], (long)&byte, 1, 0);
    }
    system_call(__NR_close, ends[1], 0, 0, 0);
    *end = ends[0];
    name.used = 0;
    add(&name, "/proc/self/fd/");
    add_number(&name, ends[0]);
    return name.text;
}

/* Makes a file the standard input. */
static void open_input(const char *path)
{
    system_call(__NR_close, 0, 0, 0, 0);
    system_call(__NR_openat, AT_WORKING_DIRECTORY, (long)path, 0, 0); /* the lowest number is 0 */
}

static const char *word(size_t n)
{
    return n < argument_count ? arguments[n] : "";
}

/* A mapping of the file that the first argument names, for functions that take one, and the length of the last one. */
static void *mapping;
static size_t mapped;

/* The options of a program to run, and how it ended. */
static rt_process_options options;
static rt_process_result ended;

static void *pointer_at(size_t n)
{
    static char memory[8192];
    if (n == 0)
        return same(word(0), "memory") ? memory : mapping;
    return n == 3 ? (void *)&options : n == 4 ? (void *)&ended : NULL;
}

static void prepare(const char *name)
{
    static const rt_process_options none;
    options = none;
    options.size = sizeof options;
    options.cwd = ".";
    options.flags = RT_PROCESS_NEW_GROUP;
    if (same(name, "rt_process_run_with")) {
        options.flags |= RT_PROCESS_CAPTURE_OUT | RT_PROCESS_CAPTURE_ERR;
        options.input = "input";
        options.input_len = 5;
        options.max_cpu_seconds = 1000;
    }
    ended.size = sizeof ended;
    ended.out = (char *)1;
}

static bool is_text(char *text, const char *wanted)
{
    bool is = text != NULL && rt_len(text) == length(wanted) && same(text, wanted);
    rt_free(text);
    return is;
}

/* What rt_process_run_with() returned: 1 if all of it is right, 0 after a failure. */
static long judged(bool value)
{
    bool out, err;
    if (!value)
        return ended.code == 0 && ended.flags == 0 && ended.out == NULL && ended.err == NULL ? 0 : 2;
    if (ended.code == 126 || ended.code == 127) {
        rt_free(ended.out);
        rt_free(ended.err);
        return 0;
    }
    out = is_text(ended.out, "input");
    err = is_text(ended.err, "err");
    return out && err && ended.code == 7 && ended.flags == 0 ? 1 : 3;
}

/* A child for a function that takes a process ID. */
static int64_t child_for(const char *name)
{
    static const char *const ends[] = {"-c", "exit 7"}, *const stays[] = {"100"};
    if (same(name, "rt_process_wait")) {
        int64_t child = rt_process_spawn("/bin/sh", ends, 2, NULL);
        /* The call finds a child that has ended: the number of looks at one that runs varies. */
        while (rt_process_is_running(child))
            pause();
        return child;
    }
    if (same(name, "rt_process_kill") || same(name, "rt_process_is_running"))
        return rt_process_spawn("sleep", stays, 1, NULL);
    return -1;
}

/* Values in place of words: the name of a pipe for the first argument, a descriptor for a number. */
static const char *first_text;
static int64_t descriptor;

#define TEXT_AT(n) ((n) == 0 ? first_text : word(n))
#define TEXTS_AT(n) (arguments + (n))
#define COUNT_AT(n) (argument_count - (n))
#define FLAG_AT(n) (same(word(n), "recursive") || same(word(n), "true"))
#define NUMBER_AT(n) ((n) == 0 && descriptor >= 0 ? descriptor : number_in(word(n)))
#define BYTES_AT(n) word(n)
#define LENGTH_AT(n) length(word(n))
#define SIZE_AT(n) &mapped
#define POINTER_AT(n) pointer_at(n)

static long returned(int kind, long value)
{
    result.kind = kind;
    if (kind == MAPPING)
        result.length = (long)mapped;
    else if (kind >= TEXT)
        result.length = (long)rt_len((void *)value);
    return value;
}

#define RETURNED_BOOLEAN(call) returned(BOOLEAN, call)
#define RETURNED_NUMBER(call) returned(NUMBER, (long)call)
#define RETURNED_TEXT(call) returned(TEXT, (long)call)
#define RETURNED_LIST(call) returned(LIST, (long)call)
#define RETURNED_POINTER(call) returned(MAPPING, (long)call)
#define RETURNED_CONSTANT(call) returned(NUMBER, (long)call)
#define RETURNED_NOTHING(call) (call, returned(NUMBER, 0))
#define RETURNED_NEVER(call) (call, 0)

static long call(const char *function)
{
#define CALL(kind, returns, name, parameters, arguments)                                                               \
    if (same(function, #name))                                                                                         \
        return RETURNED_##kind(name arguments);
    FUNCTIONS(CALL)
#undef CALL
    return returned(NUMBER, -2);
}

/* Makes the call, then stops. Stops before the call too if that is asked for. */
static void perform(const char *name, bool stops_before)
{
    int pipe = -1;
    int64_t child;
    first_text = word(0);
    descriptor = -1;
    if (same_bytes(first_text, "pipe=", 5))
        first_text = pipe_of(number_in(first_text + 5), &pipe);
    if (same(name, "rt_file_unlock"))
        descriptor = rt_file_lock(first_text);
    if (reads)
        open_input(first_text);
    mapping = NULL;
    mapped = 0;
    if (same(name, "rt_file_munmap") || same(name, "rt_file_msync") || same(name, "rt_file_madvise"))
        mapping = rt_file_mmap(first_text, 0, 0, 1, &mapped);
    child = child_for(name);
    if (child > 0)
        descriptor = child;
    prepare(name);
    if (stops_before)
        stop();
    result.value = call(name);
    if (title != NULL) {
        mark();
    } else {
        result.error = rt_last_error();
        if (same(name, "rt_process_run_with"))
            result.value = judged(result.value != 0);
        if (same(name, "rt_process_spawn") && result.value > 0) {
            child = result.value;
            result.value = rt_process_wait(child, -1);
            result.error = rt_last_error();
        }
        stop();
    }
    if (same(name, "rt_file_mmap"))
        mapping = (void *)result.value;
    if (mapping != NULL && !(same(name, "rt_file_munmap") && result.value))
        rt_file_munmap(mapping, mapped);
    if (child > 0) {
        system_call(__NR_kill, child, SIG_KILL, 0, 0);
        system_call(__NR_wait4, child, 0, 0, 0);
    }
    if (result.kind == TEXT || result.kind == LIST)
        rt_free((void *)result.value);
    if (same_bytes(name, "rt_file_lock", 12) && result.value >= 0)
        rt_file_unlock(result.value);
    if (pipe >= 0)
        system_call(__NR_close, pipe, 0, 0, 0);
}

int main(int argc, char **argv)
{
    if (argc > 2 && same(argv[1], "check"))
        return check(argc, argv, setup_of(argv[2]));
    if (argc == 2 && same(argv[1], "echo")) {
        return echo();
    }
    if (argc > 4 && same(argv[1], "trace")) {
        title = argv[2];
        argc -= 2;
        argv += 2;
    }
    if (argc < 3)
        return 2;
    arguments = (const char *const *)argv + 3;
    argument_count = (size_t)argc - 3;
    set_up(setup_of(argv[1]));
    if (title != NULL) {
        perform(argv[2], true);
        return 0;
    }
    system_call(__NR_ptrace, PTRACE_TRACEME, 0, 0, 0);
    stop(); /* before the first call of the library */
    perform(argv[2], true);
    perform(argv[2], false);
    stop(); /* everything is freed */
    return 0;
}
