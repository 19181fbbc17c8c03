/*
 * Many threads of a program without a libc use the library at once. clone(2) starts them with stacks of this program
 * and no thread-local storage, so the library can tell them apart by gettid(2) only.
 *
 *     threads_freestanding DIRECTORY    the directory must not exist
 */
#include "threads.h"
#include "raw.h"

enum {
    CLONE_VM = 0x100,
    CLONE_FS = 0x200,
    CLONE_FILES = 0x400,
    CLONE_SIGHAND = 0x800,
    CLONE_THREAD = 0x10000,
    CLONE_SYSVSEM = 0x40000,
    CLONE_PARENT_SETTID = 0x100000,
    CLONE_CHILD_CLEARTID = 0x200000,
    THREAD_FLAGS = CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM | CLONE_PARENT_SETTID | CLONE_CHILD_CLEARTID
};

DEFINE_START_THREAD();

static void yield(void)
{
    system_call(__NR_sched_yield, 0, 0, 0, 0);
}

static void worker(unsigned number)
{
    work(number, yield);
}

enum { STACK = 256 << 10, MANY = 60 };

static _Alignas(16) char stacks[MANY][STACK];
static _Atomic int ids[MANY];

static void start(unsigned place, void (*life)(unsigned), unsigned argument)
{
    atomic_store(&ids[place], 1);
    long id = start_thread(THREAD_FLAGS, stacks[place] + STACK, (int *)&ids[place], life, argument);
    if (!CHECK(id > 0))
        rt_exit(verdict());
}

static void join(unsigned place)
{
    while (atomic_load(&ids[place]) != 0)
        yield();
}

static atomic_uint failed_so_far;

/* All threads fail before the first reads its error. */
static void fail_together(unsigned number)
{
    int32_t expected = fail(number);
    atomic_fetch_add(&failed_so_far, 1);
    while (atomic_load(&failed_so_far) < MANY)
        yield();
    EQUAL(rt_last_error(), expected);
}

int main(int argc, char **argv)
{
    if (argc != 2 || !prepare(argv[1])) {
        rt_eprint("usage: threads_freestanding DIRECTORY (which must not exist)\n");
        return 2;
    }
    for (unsigned i = 0; i < THREADS; i++)
        start(i, worker, i);
    for (unsigned i = 0; i < THREADS; i++)
        join(i);
    for (unsigned i = 0; i < 300; i += 30) {
        for (unsigned k = 0; k < 30; k++)
            start(k, fail_and_end, i + k);
        for (unsigned k = 0; k < 30; k++)
            join(k);
    }
    for (unsigned i = 0; i < MANY; i++)
        start(i, fail_together, i);
    for (unsigned i = 0; i < MANY; i++)
        join(i);
    clean_up();
    return verdict();
}
