/*
 * Calls operations at random on many threads at once, and compares each result with a model or with another thread's.
 * No result may be lost or mixed, and no descriptor, block or child may leak. Needs pthreads.
 *
 *     stress DIRECTORY    the directory must not exist
 */
#define _GNU_SOURCE
#include "threads.h"

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum {
    WORKERS = 8,
    TURNS = 2000, /* of each thread, in each of two phases */
    TURNS_IN_QEMU = 120,
    KEYS = 2 * WORKERS,
    LOCKS = 4,
    PLACES = 64,
    LISTED = 40,
    ERRORS = 140,
    DESCRIPTORS = 256
};

static const char *program;
/*
 * All threads begin together, and none ends before all have done their work: in qemu, a child that one thread starts
 * while another begins or ends inherits a lock that is never released.
 */
static pthread_barrier_t all_ready;

/* A thread, the state of its random numbers, and its counts. */
struct worker {
    unsigned number, turns;
    uint64_t random;
    uint64_t operations, blocks, children, locked, refused;
    uint64_t texts; /* the sum of all error texts that it read */
    uint64_t version[2];
};

static uint64_t draw(struct worker *worker, uint64_t below)
{
    worker->random ^= worker->random << 13;
    worker->random ^= worker->random >> 7;
    worker->random ^= worker->random << 17;
    return worker->random % below;
}

static void path_in(struct line *path, const char *name, int64_t number)
{
    add(path, directory);
    add(path, name);
    add_number(path, number);
}

/* --- Blocks: each is filled with a mark and passed on; the thread that receives it checks and frees it. */

static const size_t sizes[] = {16, 24, 47, 48, 49, 100, 250, 700, 2000, 6000, 20000, 70000, 131000, 140000, 600000};
enum { SIZES = sizeof sizes / sizeof *sizes, SET_MAX = 6000 };

static _Atomic(char *) places[PLACES];

/* Small ones come from variables, the others from files: the kernel passes no variable of that size to a child. */
static void name_of_size(struct line *name, size_t at)
{
    if (sizes[at] > SET_MAX)
        add(name, directory), add(name, "/");
    add(name, "RT_STRESS_SIZE_");
    add_number(name, (int64_t)at);
}

static void mark(char *block, uint64_t seed, uint64_t size)
{
    memcpy(block, &seed, 8);
    memcpy(block + 8, &size, 8);
    for (uint64_t i = 16; i < size; i++)
        block[i] = (char)(seed * 31 + i * 7 + (i >> 8));
}

static bool is_marked(const char *block)
{
    uint64_t seed, size;
    memcpy(&seed, block, 8);
    memcpy(&size, block + 8, 8);
    if (size != rt_len(block) || block[size] != 0)
        return false;
    for (uint64_t i = 16; i < size; i++)
        if (block[i] != (char)(seed * 31 + i * 7 + (i >> 8)))
            return false;
    return true;
}

static void leave_a_block(struct worker *worker)
{
    /* Large ones are rare, because they take long. */
    size_t at = draw(worker, 1 + draw(worker, SIZES));
    struct line name = {0};
    name_of_size(&name, at);
    char *block = sizes[at] > SET_MAX ? rt_file_read_text(name.text) : rt_env_get(name.text);
    if (!EQUAL((int64_t)rt_len(block), (int64_t)sizes[at]))
        return;
    mark(block, (uint64_t)worker->number << 56 | ++worker->blocks, sizes[at]);
    char *other = atomic_exchange(&places[draw(worker, PLACES)], block);
    CHECK(other == NULL || is_marked(other));
    rt_free(other);
    worker->operations += 3;
}

/* --- Variables: one thread sets each, one version after the other. A reader gets no older version than the current one
 * at the start of its call, and no newer one than the one being set at its end. */

static atomic_ullong begun[KEYS], done[KEYS];

static void name_of_key(struct line *name, unsigned key)
{
    add(name, "RT_STRESS_KEY_");
    add_number(name, key);
}

static void value_of_version(struct line *value, uint64_t version)
{
    add_number(value, (int64_t)version);
    add(value, ":");
    for (uint64_t i = 0; i < version * 37 % 3000; i++)
        value->text[value->used++] = (char)('a' + version % 26);
    value->text[value->used] = 0;
}

static bool set_version(unsigned key, uint64_t version)
{
    struct line name = {0}, value = {0};
    name_of_key(&name, key);
    value_of_version(&value, version);
    atomic_store(&begun[key], version);
    bool ok = rt_env_set(name.text, value.text);
    atomic_store(&done[key], version);
    return ok;
}

static bool is_version_between(const char *value, uint64_t oldest, uint64_t newest)
{
    struct line expected = {0};
    uint64_t version = (uint64_t)number_in(value);
    value_of_version(&expected, version);
    return version >= oldest && version <= newest && same(expected.text, value);
}

static void set_a_variable(struct worker *worker)
{
    unsigned which = (unsigned)draw(worker, 2);
    CHECK(set_version(2 * worker->number + which, ++worker->version[which]));
    worker->operations++;
}

static void get_a_variable(struct worker *worker)
{
    unsigned key = (unsigned)draw(worker, KEYS);
    struct line name = {0};
    name_of_key(&name, key);
    uint64_t oldest = atomic_load(&done[key]);
    char *value = rt_env_get(name.text);
    CHECK(is_version_between(value, oldest, atomic_load(&begun[key])));
    rt_free(value);
    worker->operations += 2;
}

/* --- Locks: one thread at a time holds each. The counters have no other protection. */

static atomic_uint holders[LOCKS];
static uint64_t counters[LOCKS];

static void take_a_lock(struct worker *worker)
{
    uint64_t at = draw(worker, LOCKS);
    struct line path = {0};
    path_in(&path, "/lock ", (int64_t)at);
    int64_t lock = rt_file_lock(path.text);
    worker->operations++;
    if (lock < 0) {
        EQUAL(rt_last_error(), E_AGAIN);
        worker->refused++;
        return;
    }
    CHECK(atomic_fetch_add(&holders[at], 1) == 0);
    counters[at]++;
    worker->locked++;
    if (draw(worker, 8) == 0)
        sched_yield();
    CHECK(atomic_fetch_sub(&holders[at], 1) == 1);
    CHECK(rt_file_unlock(lock));
    worker->operations++;
}

/* --- Files and directories: each thread's own, with known content; and shared ones that all create and list. */

static void use_own_files(struct worker *worker)
{
    static char contents[WORKERS][200001];
    char *content = contents[worker->number];
    size_t n = draw(worker, 1 + draw(worker, 200000)), half = n / 2;
    memset(content, 'A' + (int)draw(worker, 26), n);
    content[n] = 0;
    struct line path = {0}, copy = {0};
    path_in(&path, "/of ", worker->number);
    path_in(&copy, "/copy of ", worker->number);
    CHECK(rt_file_write_text(path.text, content + half) && rt_file_append_text(path.text, content + n - half));
    CHECK(rt_file_copy(path.text, copy.text));
    EQUAL(rt_file_size(copy.text), (int64_t)n);
    int64_t age = (int64_t)time(NULL) - rt_file_modified_time(copy.text);
    CHECK(age >= -2 && age < 100);
    char *text = rt_file_read_text(copy.text);
    CHECK(text != NULL && rt_len(text) == n && memcmp(text, content, n + 1) == 0);
    rt_free(text);
    CHECK(rt_file_exists(path.text) && rt_file_delete(path.text) && rt_file_remove(copy.text));
    CHECK(!rt_file_exists(path.text) && rt_last_error() == E_NOENT);
    worker->operations += 11;
}

static void use_shared_directories(struct worker *worker)
{
    struct line deep = {0}, listed = {0};
    path_in(&deep, "/deep ", (int64_t)draw(worker, 1000));
    add(&deep, "/below/below/below");
    CHECK(rt_dir_create(deep.text, true));
    add(&listed, directory);
    add(&listed, "/listed");
    char **list = rt_dir_list(listed.text);
    uint64_t seen = 0;
    for (size_t i = 0; list != NULL && list[i] != NULL; i++)
        seen |= UINT64_C(1) << number_in(list[i]);
    CHECK(list != NULL && rt_len(list) == LISTED && seen == (UINT64_C(1) << LISTED) - 1);
    rt_free(list);
    worker->operations += 3;
}

static void read_a_large_file(struct worker *worker)
{
    struct line path = {0};
    path_in(&path, "/large ", 0);
    char *text = rt_file_read_text(path.text);
    CHECK(text != NULL && is_marked(text));
    rt_free(text);
    worker->operations += 2;
}

/* --- Facts that do not change. */

static char *cwd, *host, *home;
static int64_t own_id, processors;

static void ask_for_facts(struct worker *worker)
{
    char *now[] = {rt_env_cwd(), rt_hostname(), rt_env_home()};
    CHECK(same(now[0], cwd) && same(now[1], host) && same(now[2], home));
    CHECK(rt_getpid() == own_id && rt_system_cpu_count() == processors);
    for (size_t i = 0; i < 3; i++)
        rt_free(now[i]);
    worker->operations += 8;
}

static uint64_t all_texts(void)
{
    uint64_t sum = 14695981039346656037u;
    for (int32_t error = -1; error < ERRORS; error++)
        for (const char *text = rt_error_text(error); *text; text++)
            sum = (sum ^ (unsigned char)*text) * 1099511628211u;
    return sum;
}

/* --- Errors: each thread has its own. */

static void fail_somehow(struct worker *worker)
{
    int32_t expected = fail((unsigned)draw(worker, THREADS));
    EQUAL(rt_last_error(), expected);
    if (draw(worker, 16) == 0)
        sched_yield();
    EQUAL(rt_last_error(), expected);
    worker->operations += 3;
}

/* --- Descriptors of the program: the library never closes them. */

static void use_a_pipe(struct worker *worker)
{
    int ends[2];
    char sent = (char)draw(worker, 128), got = -1;
    if (!CHECK(pipe2(ends, O_CLOEXEC) == 0))
        return;
    CHECK(write(ends[1], &sent, 1) == 1);
    if (draw(worker, 4) == 0)
        sched_yield();
    CHECK(read(ends[0], &got, 1) == 1 && got == sent);
    CHECK(close(ends[0]) == 0 && close(ends[1]) == 0);
}

static int open_descriptors(void)
{
    int count = 0;
    for (int fd = 0; fd < DESCRIPTORS; fd++)
        count += fcntl(fd, F_GETFD) != -1;
    return count;
}

/* --- Children: each gets the current variables, and no descriptor but the standard ones. */

static int descriptors_of_a_child;

/* The child's main: it reports its descriptors and a variable. */
static int be_a_child(char **argv)
{
    char *value = rt_env_get(argv[3]);
    struct line said = {0};
    add_number(&said, open_descriptors());
    add(&said, " ");
    add(&said, value);
    rt_free(value);
    return rt_file_write_text(argv[2], said.text) ? (int)number_in(argv[4]) : 1;
}

static void run_a_child(struct worker *worker)
{
    unsigned key = (unsigned)draw(worker, KEYS);
    int code = 10 + (int)draw(worker, 200);
    struct line path = {0}, name = {0}, number = {0};
    path_in(&path, "/child of ", worker->number);
    name_of_key(&name, key);
    add_number(&number, code);
    const char *const arguments[] = {"child", path.text, name.text, number.text};
    uint64_t oldest = atomic_load(&done[key]);
    EQUAL(rt_process_run(program, arguments, 4), code);
    uint64_t newest = atomic_load(&begun[key]);
    char *said = rt_file_read_text(path.text);
    const char *value = said != NULL ? strchr(said, ' ') : NULL;
    if (CHECK(value != NULL && is_version_between(value + 1, oldest, newest))) {
        if (descriptors_of_a_child == 0) /* the first, while there is one thread */
            descriptors_of_a_child = (int)number_in(said);
        EQUAL(number_in(said), descriptors_of_a_child);
    }
    rt_free(said);
    EQUAL(rt_process_run("/no/such/program", NULL, 0), 127);
    EQUAL(rt_last_error(), E_NOENT);
    worker->operations += 5;
    worker->children++;
}

/* --- Threads. */

static void take_a_turn(struct worker *worker)
{
    static void (*const often[])(struct worker *) = {leave_a_block,  set_a_variable, get_a_variable,
                                                     take_a_lock,    fail_somehow,   leave_a_block,
                                                     get_a_variable, use_a_pipe};
    static void (*const rarely[])(struct worker *) = {use_own_files, use_shared_directories, ask_for_facts};
    for (unsigned i = 0; i < 8; i++)
        often[draw(worker, sizeof often / sizeof *often)](worker);
    if (draw(worker, 4) == 0)
        rarely[draw(worker, sizeof rarely / sizeof *rarely)](worker);
    if (draw(worker, 64) == 0)
        run_a_child(worker);
    if (draw(worker, 512) == 0)
        read_a_large_file(worker);
}

static void *life(void *argument)
{
    struct worker *worker = argument;
    pthread_barrier_wait(&all_ready);
    worker->texts = all_texts(); /* all at once, and for the first time */
    for (unsigned turn = 0; turn < worker->turns; turn++)
        take_a_turn(worker);
    pthread_barrier_wait(&all_ready);
    return NULL;
}

/* --- Lazy initialization: by all threads at once, in many new processes. */

enum { FRESH = 50 };

struct first {
    unsigned number;
    uint64_t texts;
    int64_t processors;
    char *home;
};

static void *use_first(void *argument)
{
    struct first *first = argument;
    pthread_barrier_wait(&all_ready);
    if (first->number % 2) /* in either order */
        first->texts = all_texts();
    int32_t expected = fail(first->number);
    EQUAL(rt_last_error(), expected);
    first->processors = rt_system_cpu_count();
    first->home = rt_env_home();
    EQUAL(rt_process_run("/no/such/program", NULL, 0), 127);
    EQUAL(rt_last_error(), E_NOENT);
    first->texts = all_texts();
    pthread_barrier_wait(&all_ready);
    return NULL;
}

static int be_fresh(void)
{
    pthread_t threads[WORKERS];
    struct first firsts[WORKERS] = {0};
    pthread_barrier_init(&all_ready, NULL, WORKERS);
    for (unsigned i = 0; i < WORKERS; i++) {
        firsts[i].number = i;
        if (!CHECK(pthread_create(&threads[i], NULL, use_first, &firsts[i]) == 0))
            return 1;
    }
    char *now = rt_env_home();
    for (unsigned i = 0; i < WORKERS; i++) {
        pthread_join(threads[i], NULL);
        CHECK(firsts[i].texts == all_texts() && firsts[i].processors == rt_system_cpu_count());
        CHECK(same(firsts[i].home, now));
    }
    return atomic_load(&checks_failed) != 0;
}

static void be_fresh_often(void)
{
    for (unsigned i = 0; i < FRESH; i++) {
        pid_t child = fork();
        if (child == 0)
            _exit(be_fresh());
        int status = -1;
        CHECK(waitpid(child, &status, 0) == child);
        EQUAL(status, 0);
    }
}

static struct worker workers[WORKERS];

static void phase(unsigned turns)
{
    pthread_t threads[WORKERS];
    pthread_barrier_init(&all_ready, NULL, WORKERS);
    for (unsigned i = 0; i < WORKERS; i++) {
        workers[i].turns = turns;
        if (!CHECK(pthread_create(&threads[i], NULL, life, &workers[i]) == 0))
            exit(verdict());
    }
    for (unsigned i = 0; i < WORKERS; i++) {
        pthread_join(threads[i], NULL);
        CHECK(workers[i].texts == all_texts());
    }
    pthread_barrier_destroy(&all_ready);
}

static void set_up(void)
{
    static char value[600001], large[17 << 20];
    for (size_t at = 0; at < SIZES; at++) {
        struct line name = {0};
        name_of_size(&name, at);
        memset(value, 'x', sizes[at]);
        value[sizes[at]] = 0;
        CHECK(sizes[at] > SET_MAX ? rt_file_write_text(name.text, value) : rt_env_set(name.text, value));
        value[sizes[at]] = 'x';
    }
    for (unsigned key = 0; key < KEYS; key++)
        CHECK(set_version(key, 0));
    struct line listed = {0}, path = {0};
    add(&listed, directory);
    add(&listed, "/listed");
    CHECK(rt_dir_create(listed.text, false));
    for (int64_t i = 0; i < LISTED; i++) {
        struct line file = {0};
        path_in(&file, "/listed/", i);
        CHECK(rt_file_write_text(file.text, ""));
    }
    /* Larger than memory that is kept for reuse. The libc writes it, because it contains NUL bytes. */
    mark(large, 1, sizeof large);
    path_in(&path, "/large ", 0);
    int fd = open(path.text, O_WRONLY | O_CREAT | O_CLOEXEC, 0666);
    CHECK(write(fd, large, sizeof large) == (ssize_t)sizeof large && close(fd) == 0);
    cwd = rt_env_cwd(), host = rt_hostname(), home = rt_env_home();
    own_id = getpid(), processors = rt_system_cpu_count();
    for (unsigned i = 0; i < WORKERS; i++)
        workers[i] = (struct worker){.number = i, .random = 88172645463325252u + i * 2654435761u};
}

static void print_figures(unsigned turns)
{
    struct worker sum = {0};
    for (unsigned i = 0; i < WORKERS; i++) {
        sum.operations += workers[i].operations;
        sum.blocks += workers[i].blocks;
        sum.children += workers[i].children;
        sum.locked += workers[i].locked;
        sum.refused += workers[i].refused;
    }
    uint64_t counted = 0;
    for (size_t i = 0; i < LOCKS; i++)
        counted += counters[i];
    EQUAL((int64_t)counted, (int64_t)sum.locked);
    struct line line = {0};
    const struct {
        int64_t count;
        const char *what;
    } figures[] = {{FRESH, " fresh processes, "},
                   {WORKERS, " threads, "},
                   {2 * WORKERS * (int64_t)turns, " rounds, "},
                   {(int64_t)sum.operations, " operations, "},
                   {(int64_t)sum.blocks, " blocks passed on, "},
                   {(int64_t)sum.children, " children, "},
                   {(int64_t)sum.locked, " locks taken and "},
                   {(int64_t)sum.refused, " refused\n"}};
    add(&line, "FIGURES: ");
    for (size_t i = 0; i < sizeof figures / sizeof *figures; i++) {
        add_number(&line, figures[i].count);
        add(&line, figures[i].what);
    }
    rt_print(line.text);
}

int main(int argc, char **argv)
{
    if (argc == 5 && same(argv[1], "child"))
        rt_exit(be_a_child(argv));
    if (argc != 2 || !prepare(argv[1])) {
        rt_eprint("usage: stress DIRECTORY (which must not exist)\n");
        return 2;
    }
    program = argv[0];
    be_fresh_often(); /* before anything is initialized, while there is one thread */
    set_up();
    run_a_child(&workers[0]);
    int open_before = open_descriptors();
    unsigned turns = getenv("FFI_SYSCALLS_EMULATED") ? TURNS_IN_QEMU : TURNS;
    for (int ignored = 0; ignored < 2; ignored++) {
        signal(SIGCHLD, ignored ? SIG_IGN : SIG_DFL);
        phase(turns);
        CHECK(waitpid(-1, NULL, WNOHANG | __WALL) == -1); /* no child is left */
        EQUAL(open_descriptors(), open_before);
    }
    signal(SIGCHLD, SIG_DFL);
    print_figures(turns);
    for (size_t i = 0; i < PLACES; i++)
        rt_free(atomic_exchange(&places[i], NULL));
    clean_up();
    return verdict();
}
