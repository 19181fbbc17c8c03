/*
 * Objects of C++ in a program without a libc. Most functions print a line, and the harness compares the output.
 *
 *     objects order|many|threads|guard|pure
 */
#include <stddef.h>
#include <stdint.h>

#include "ffi_syscalls.h"

extern "C" {
#include "raw.h"

DEFINE_START_THREAD();

int atexit(void (*function)(void));
int __cxa_atexit(void (*function)(void *), void *argument, void *handle);
int __cxa_guard_acquire(uint64_t *guard);
void __cxa_guard_release(uint64_t *guard);
void __cxa_guard_abort(uint64_t *guard);
}

namespace
{

bool same(const char *a, const char *b)
{
    while (*a && *a == *b)
        a++, b++;
    return *a == *b;
}

void print(const char *mark, const char *name)
{
    rt_print(mark);
    rt_print(name);
    rt_print("\n");
}

int failed(const char *what)
{
    print("FAILED: ", what);
    return 1;
}

bool is_quiet = true;

/* Prints its beginning and its end. */
struct Object {
    const char *name;
    int value;

    explicit Object(const char *given) : name(given), value(1)
    {
        is_quiet = rt_len(rt_env_get("RT_GIVEN")) != 5;
        print("+ ", name);
    }

    ~Object()
    {
        print("- ", name);
    }
};

Object first("first"), second("second");

Object &local()
{
    static Object object("local");
    return object;
}

Object &late()
{
    static Object object("late");
    return object;
}

bool uses_late;

__attribute__((destructor)) void in_the_array()
{
    rt_print("destructor\n");
    if (uses_late)
        late().value++;
}

int order()
{
    rt_print("main\n");
    local().value++;
    uses_late = true;
    return local().value == 2 && !is_quiet ? 0 : failed("value");
}

/* The functions run in the reverse order. Every hundredth registers another, which runs next. */
enum { MANY = 10000 };

uintptr_t expected = MANY;
bool expects_more;
unsigned extra, wrong;

void one_more(void *)
{
    if (!expects_more)
        wrong++;
    expects_more = false;
    extra++;
}

void one_of_many(void *argument)
{
    if ((uintptr_t)argument != expected || expects_more)
        wrong++;
    expected--;
    if (expected % 100 == 0)
        expects_more = __cxa_atexit(one_more, nullptr, nullptr) == 0;
}

void after_all()
{
    print(expected == 0 && wrong == 0 && extra == MANY / 100 && !expects_more ? "all in order" : "FAILED: order", "");
}

int many()
{
    if (atexit(after_all) != 0)
        return failed("atexit");
    for (uintptr_t number = 1; number <= MANY; number++)
        if (__cxa_atexit(one_of_many, (void *)number, nullptr) != 0)
            return failed("__cxa_atexit");
    return 0;
}

void yield()
{
    system_call(__NR_sched_yield, 0, 0, 0, 0);
}

/* Counts its constructions, which take a while. */
struct Slow {
    int value;

    explicit Slow(unsigned &constructions)
    {
        __atomic_fetch_add(&constructions, 1, __ATOMIC_SEQ_CST);
        for (int i = 0; i < 20; i++)
            yield();
        value = 5;
    }
};

enum { THREADS = 8, VARIABLES = 100, STACK = 64 << 10 };
unsigned constructions[VARIABLES], wrong_values;
alignas(16) char stacks[THREADS][STACK];
int ids[THREADS];

template <int N> struct Variables {
    static void use()
    {
        Variables<N - 1>::use();
        static Slow slow(constructions[N - 1]);
        if (slow.value != 5)
            __atomic_fetch_add(&wrong_values, 1, __ATOMIC_SEQ_CST);
    }
};

template <> struct Variables<0> {
    static void use()
    {
    }
};

void use_all(unsigned)
{
    Variables<VARIABLES>::use();
}

int threads()
{
    /* CLONE_VM, FS, FILES, SIGHAND, THREAD, SYSVSEM, PARENT_SETTID, CHILD_CLEARTID */
    const long flags = 0x100 | 0x200 | 0x400 | 0x800 | 0x10000 | 0x40000 | 0x100000 | 0x200000;
    for (int i = 0; i < THREADS; i++) {
        __atomic_store_n(&ids[i], 1, __ATOMIC_SEQ_CST);
        if (start_thread(flags, stacks[i] + STACK, &ids[i], use_all, 0) < 0)
            return failed("clone");
    }
    for (int i = 0; i < THREADS; i++)
        while (__atomic_load_n(&ids[i], __ATOMIC_SEQ_CST) != 0)
            yield();
    for (int i = 0; i < VARIABLES; i++)
        if (constructions[i] != 1)
            return failed("constructions");
    return wrong_values == 0 ? 0 : failed("a variable was used before its construction");
}

/* A failed initialization is tried again, a finished one is not. Compilers read the first byte. */
int guard()
{
    uint64_t guard = 0;
    if (__cxa_guard_acquire(&guard) != 1 || *(char *)&guard != 0)
        return failed("acquire");
    __cxa_guard_abort(&guard);
    if (*(char *)&guard != 0 || __cxa_guard_acquire(&guard) != 1)
        return failed("abort");
    __cxa_guard_release(&guard);
    return *(char *)&guard == 1 && __cxa_guard_acquire(&guard) == 0 ? 0 : failed("release");
}

} // namespace

/* Their names are visible in other files, so that the compiler cannot know all classes that are derived. */
struct Base {
    Base();
    virtual void function() = 0;
};

struct Derived : Base {
    void function() override
    {
    }
};

__attribute__((noinline)) static void call(Base *base)
{
    __asm__ volatile("" : "+r"(base) : : "memory");
    base->function();
}

Base::Base()
{
    call(this);
}

static int pure()
{
    Derived derived;
    return failed("a pure virtual function returned");
}

/* Without a libc, main() is a function as any other, whose name compilers may mangle. */
extern "C" int main(int argc, char **argv)
{
    const char *mode = argc == 2 ? argv[1] : "";
    return same(mode, "order") ? order()
         : same(mode, "many") ? many()
         : same(mode, "threads") ? threads()
         : same(mode, "guard") ? guard()
         : same(mode, "pure") ? pure()
         : 2;
}
