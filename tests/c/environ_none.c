/*
 * Links the hosted archive into a program without a libc: there is no environ, no thread pointer, and no memory
 * function but those below. Variables come from /proc/self/environ, and gettid(2) tells threads apart.
 *
 *     cc -nostdlib -static -ffreestanding environ_none.c -lffi_syscalls
 *     environ_none    with RT_GIVEN=value in its environment
 */
#include "check.h"
#include "raw.h"

int run(int argc, char **argv, char **envp);

DEFINE_BEGINNING();

/* The memory functions that compilers call. Volatile accesses keep a loop from becoming a call of its own function. */
void *memcpy(void *to, const void *from, size_t n);
void *memmove(void *to, const void *from, size_t n);
void *memset(void *to, int byte, size_t n);
int memcmp(const void *a, const void *b, size_t n);
int bcmp(const void *a, const void *b, size_t n);
size_t strlen(const char *text);

void *memcpy(void *to, const void *from, size_t n)
{
    volatile char *at = to;
    for (const char *next = from; n > 0; n--)
        *at++ = *next++;
    return to;
}

void *memmove(void *to, const void *from, size_t n)
{
    if ((uintptr_t)to - (uintptr_t)from >= n)
        return memcpy(to, from, n);
    volatile char *at = to;
    while (n-- > 0)
        at[n] = ((const char *)from)[n];
    return to;
}

void *memset(void *to, int byte, size_t n)
{
    volatile char *at = to;
    while (n-- > 0)
        at[n] = (char)byte;
    return to;
}

int memcmp(const void *a, const void *b, size_t n)
{
    const unsigned char *x = a, *y = b;
    for (; n > 0; n--, x++, y++)
        if (*x != *y)
            return *x - *y;
    return 0;
}

int bcmp(const void *a, const void *b, size_t n)
{
    return memcmp(a, b, n);
}

size_t strlen(const char *text)
{
    volatile const char *end = text;
    while (*end)
        end++;
    return (size_t)(end - text);
}

/* Sets the limit of descriptors, and returns the old one. */
static uint64_t limit_descriptors(uint64_t limit)
{
    enum { RLIMIT_NOFILE = 7 };
    uint64_t old[2] = {0, 0}, new[2];
    system_call(__NR_prlimit64, 0, RLIMIT_NOFILE, 0, (long)old);
    new[0] = limit;
    new[1] = old[1];
    CHECK(system_call(__NR_prlimit64, 0, RLIMIT_NOFILE, (long)new, 0) == 0);
    return old[0];
}

/* Lets the process lock this many bytes of memory, and take the capability to lock more or not. */
static void limit_locked_memory(uint64_t limit, bool is_capable)
{
    enum { RLIMIT_MEMLOCK = 8, CAP_IPC_LOCK = 14, VERSION_3 = 0x20080522 };
    uint64_t values[2] = {0, 0};
    uint32_t header[2] = {VERSION_3, 0}, sets[6] = {0}; /* effective, permitted, inheritable; twice */
    system_call(__NR_prlimit64, 0, RLIMIT_MEMLOCK, 0, (long)values);
    values[0] = limit < values[1] ? limit : values[1];
    CHECK(system_call(__NR_prlimit64, 0, RLIMIT_MEMLOCK, (long)values, 0) == 0);
    CHECK(system_call(__NR_capget, (long)header, (long)sets, 0, 0) == 0);
    sets[0] = is_capable ? sets[0] | (sets[1] & 1u << CAP_IPC_LOCK) : sets[0] & ~(1u << CAP_IPC_LOCK);
    CHECK(system_call(__NR_capset, (long)header, (long)sets, 0, 0) == 0);
}

/* The kernel refuses memory beyond the limit with EAGAIN, qemu with ENOMEM. */
static bool has_no_memory(void)
{
    enum { E_NOMEM = 12 };
    return rt_last_error() == E_AGAIN || rt_last_error() == E_NOMEM;
}

static bool is(char *text, const char *expected)
{
    bool ok = text != NULL && same(text, expected) && rt_len(text) == length(expected);
    rt_free(text);
    return ok;
}

int run(int argc, char **argv, char **envp)
{
    enum { MCL_FUTURE = 2 };
    (void)argc;
    (void)argv;
    static const char *const given[] = {"-c", "test \"$RT_GIVEN\" = value && test \"$RT_SET\" = set"};
    if (envp[0] == NULL) {
        rt_eprint("usage: RT_GIVEN=value environ_none\n");
        return 2;
    }
    /* Without memory, or while /proc cannot be read, variables are unknown. That differs from unset, and passes. */
    limit_locked_memory(4096, false);
    CHECK(system_call(__NR_mlockall, MCL_FUTURE, 0, 0, 0) == 0);
    CHECK(is(rt_env_get("RT_GIVEN"), "") && has_no_memory());
    CHECK(!rt_env_set("RT_SET", "set") && has_no_memory());
    CHECK(system_call(__NR_munlockall, 0, 0, 0, 0) == 0);
    limit_locked_memory(UINT64_MAX, true);
    uint64_t limit = limit_descriptors(0);
    FAILS_EMPTY(rt_env_get("RT_GIVEN"), E_MFILE);
    FAILS(rt_env_set("RT_SET", "set"), false, E_MFILE);
    limit_descriptors(limit);
    CHECK(is(rt_env_get("RT_GIVEN"), "value"));

    /* Each variable, as the kernel passed it. */
    for (char **entry = envp; *entry != NULL; entry++) {
        static char name[4096];
        size_t n = 0;
        while ((*entry)[n] && (*entry)[n] != '=' && n < sizeof name - 1) {
            name[n] = (*entry)[n];
            n++;
        }
        name[n] = 0;
        if ((*entry)[n] == '=' && n > 0 && !CHECK(is(rt_env_get(name), *entry + n + 1)))
            break;
    }
    FAILS_EMPTY(rt_env_get("RT_UNSET"), E_NOENT);
    FAILS(rt_env_set("A=B", "x"), false, E_INVAL);
    CHECK(rt_env_set("RT_SET", "set") && is(rt_env_get("RT_SET"), "set") && is(rt_env_get("RT_GIVEN"), "value"));
    EQUAL(rt_process_run("sh", given, 2), 0);

    /* One call of most other functions. */
    FAILS(rt_file_read_text("/no/such/file"), NULL, E_NOENT);
    FAILS(rt_file_read_text("/"), NULL, E_ISDIR);
    FAILS(rt_dir_list("/proc/version"), NULL, E_NOTDIR);
    FAILS(rt_file_unlock(-1), false, E_BADF);
    FAILS(rt_process_run("/no/such/command", NULL, 0), 127, E_NOENT);
    char *version = rt_file_read_text("/proc/version");
    CHECK(version != NULL && rt_len(version) == length(version) && same_bytes(version, "Linux ", 6));
    rt_free(version);
    char **list = rt_dir_list("/proc/self");
    CHECK(list != NULL && rt_len(list) > 10 && list[rt_len(list)] == NULL);
    rt_free(list);
    char *cwd = rt_env_cwd(), *host = rt_hostname(), *home = rt_env_home();
    CHECK(cwd != NULL && *cwd == '/' && host != NULL && home != NULL);
    rt_free(cwd);
    rt_free(host);
    rt_free(home);
    CHECK(rt_system_cpu_count() >= 1 && rt_getpid() > 0);
    return verdict();
}
