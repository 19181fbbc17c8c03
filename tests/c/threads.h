/*
 * The work of the threads of threads.c and threads_freestanding.c: each sets and gets variables, reads and lists files,
 * frees texts of other threads, and fails in a way of its own. Its last error is its own.
 */
#ifndef FFI_SYSCALLS_TESTS_THREADS_H
#define FFI_SYSCALLS_TESTS_THREADS_H

#include "check.h"
#include "null_texts.h"

enum { THREADS = 8, ROUNDS = 320, SHELVES = 24 };

/* The directory, with a file "file" in it, and "held", which is locked; both made by prepare(). */
static const char *directory;
static char file_path[4200], held_path[4200];
static int64_t held;

/* Texts that threads leave for others to check and free. */
static _Atomic(char *) shelves[SHELVES];

static inline void path_of(char *path, const char *name)
{
    size_t used = 0;
    for (const char *from = directory; *from && used < 4000; from++)
        path[used++] = *from;
    path[used++] = '/';
    while (*name)
        path[used++] = *name++;
    path[used] = 0;
}

static inline bool prepare(const char *where)
{
    directory = where;
    path_of(file_path, "file");
    path_of(held_path, "held");
    return rt_dir_create(directory, false) && rt_file_write_text(file_path, "content") && (held = rt_file_lock(held_path)) >= 0;
}

static inline void clean_up(void)
{
    for (size_t i = 0; i < SHELVES; i++)
        rt_free(atomic_exchange(&shelves[i], NULL));
    CHECK(rt_file_unlock(held));
    const char *const arguments[] = {"-rf", directory};
    EQUAL(rt_process_run("rm", arguments, 2), 0);
}

/* Makes a call that fails, one of eight, and returns the expected last error. */
static inline int32_t fail(unsigned way)
{
    switch (way % THREADS) {
    case 0: rt_free(rt_file_read_text("/no/such/file")); return E_NOENT;
    case 1: rt_free(rt_file_read_text("/")); return E_ISDIR;
    case 2: rt_free(rt_dir_list(file_path)); return E_NOTDIR;
    case 3: (void)rt_dir_create("/", false); return E_EXIST;
    case 4: (void)rt_print(NULL); return E_FAULT;
    case 5: (void)rt_env_set("A=B", "x"); return E_INVAL;
    case 6: (void)rt_file_unlock(-1); return E_BADF;
    default: (void)rt_file_lock(held_path); return E_AGAIN;
    }
}

/* The name of the thread's own variable. */
static inline void name_of(struct line *name, unsigned thread)
{
    add(name, "RT_THREAD_");
    add_number(name, thread);
}

/* Returns whether all letters are the same. Two different ones mean that two threads wrote the text or that it was
   freed. */
static inline bool is_uniform(const char *text)
{
    size_t n = rt_len(text);
    for (size_t i = 1; i < n; i++)
        if (text[i] != text[0])
            return false;
    return text[n] == 0 && length(text) == n;
}

static inline void use_the_environment(unsigned thread, unsigned round)
{
    char value[2000];
    size_t n = 1 + (round * 37 + thread * 11) % (sizeof value - 1);
    for (size_t i = 0; i < n; i++)
        value[i] = (char)('a' + thread);
    value[n] = 0;
    struct line own = {0}, other = {0};
    name_of(&own, thread);
    name_of(&other, (thread + round) % THREADS);
    CHECK(rt_env_set(own.text, value) && rt_env_set("RT_THREAD_ALL", value));
    char *got = rt_env_get(own.text);
    CHECK(got != NULL && same(got, value));
    rt_free(got);
    got = rt_env_get(other.text);
    CHECK(got != NULL && is_uniform(got) && (*got == 0 || *got == (char)('a' + (thread + round) % THREADS)));
    rt_free(got);
    got = rt_env_get("RT_THREAD_ALL");
    CHECK(got != NULL && rt_len(got) > 0 && is_uniform(got));
    /* Another thread frees this text, and this thread frees another's. */
    got = atomic_exchange(&shelves[(thread * 7 + round) % SHELVES], got);
    CHECK(got == NULL || is_uniform(got));
    rt_free(got);
}

static inline void use_files(unsigned thread, unsigned round)
{
    static const size_t sizes[] = {10, 5000, 70000, 300000};
    static char contents[THREADS][300001];
    char *content = contents[thread];
    size_t n = sizes[round % 4];
    for (size_t i = 0; i < n; i++)
        content[i] = (char)('A' + thread);
    content[n] = 0;
    struct line name = {0};
    add(&name, directory);
    add(&name, "/own ");
    add_number(&name, thread);
    CHECK(rt_file_write_text(name.text, content));
    char *got = rt_file_read_text(name.text);
    CHECK(got != NULL && rt_len(got) == n && is_uniform(got) && *got == *content);
    got = atomic_exchange(&shelves[(thread * 5 + round) % SHELVES], got);
    CHECK(got == NULL || is_uniform(got));
    rt_free(got);
    /* Other threads add to the directory meanwhile: each name in the list is complete. */
    char **list = rt_dir_list(directory);
    CHECK(list != NULL && rt_len(list) >= 3 && list[rt_len(list)] == NULL);
    for (size_t i = 0; list != NULL && list[i] != NULL; i++)
        CHECK(same(list[i], "file") || same(list[i], "held") || same_bytes(list[i], "own ", 4));
    rt_free(list);
    char *host = rt_hostname(), *cwd = rt_env_cwd();
    CHECK(host != NULL && cwd != NULL && *cwd == '/' && rt_system_cpu_count() >= 1);
    rt_free(host);
    rt_free(cwd);
}

static inline void run_processes(unsigned thread, unsigned round)
{
    struct line script = {0};
    add(&script, "test \"${RT_THREAD_");
    add_number(&script, thread);
    add(&script, "+set}\" = set && exit ");
    add_number(&script, 10 + (thread * 13 + round) % 100);
    const char *const arguments[] = {"-c", script.text};
    EQUAL(rt_process_run("sh", arguments, 2), 10 + (thread * 13 + round) % 100);
    poison(E_NOENT);
    EQUAL(rt_process_run("/no/such/command", NULL, 0), 127);
    EQUAL(rt_last_error(), E_NOENT);
}

/*
 * Waits for all eight threads, so that their next work runs at the same time, and so that no thread begins or ends
 * while another runs processes: a child in qemu inherits qemu's locks, and one that is held while a thread begins or
 * ends is never released in the child.
 */
static inline void meet(atomic_uint *met, void (*yield)(void))
{
    atomic_fetch_add(met, 1);
    while (atomic_load(met) < THREADS)
        yield();
}

/* The main of one of the eight threads. The program passes a function that yields the processor. */
static inline void work(unsigned thread, void (*yield)(void))
{
    static atomic_uint begun, done;
    meet(&begun, yield);
    for (unsigned round = 0; round < ROUNDS; round++) {
        use_the_environment(thread, round);
        if (round % 4 == thread % 4)
            use_files(thread, round / 4);
        if (round % 32 == 2 * thread)
            run_processes(thread, round);
        /* All threads fail at the same time, each in its own way, and then in other ways. */
        for (unsigned again = 0; again < 40; again++) {
            int32_t expected = fail(again < 30 ? thread : thread + again + round);
            for (unsigned look = 0; look < 3; look++)
                if (rt_last_error() != expected) /* counted only if wrong: there would be millions of checks */
                    EQUAL(rt_last_error(), expected);
        }
    }
    CHECK(fail(thread) == rt_last_error());
    CHECK(function_that_takes_null() == NULL); /* while other threads fail in other ways */
    meet(&done, yield);
}

/* The main of one of many short-lived threads: it gets no error but its own. */
static inline void fail_and_end(unsigned number)
{
    for (unsigned i = 0; i < 3; i++) {
        int32_t expected = fail(number + i);
        EQUAL(rt_last_error(), expected);
    }
}

#endif
