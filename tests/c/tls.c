/*
 * Thread-local variables of a program without a libc, linked with -Wl,-u,ffi_syscalls_tls. ALIGNMENT is the largest of
 * the program.
 */
#include "check.h"

#ifndef ALIGNMENT
#define ALIGNMENT 64
#endif

/* The addresses of variables, which the compiler must not compute from their alignment. */
#define ADDRESS(variable) address_of((const volatile void *)&variable)

static uintptr_t address_of(const volatile void *pointer)
{
    const volatile void *volatile hidden = pointer;
    return (uintptr_t)hidden;
}

static _Thread_local int error = 7;
static _Thread_local char letter = 'x';
static _Thread_local const char *volatile text = "relocated";
static _Thread_local unsigned char zeroed[10000];
static _Thread_local _Alignas(16) char sixteen = 16;
static _Thread_local _Alignas(ALIGNMENT) unsigned char aligned[ALIGNMENT + 1] = {1, 2, 3};
static _Thread_local _Alignas(ALIGNMENT) unsigned char aligned_zeroed[ALIGNMENT + 1];

static bool found_by_constructor;

__attribute__((constructor)) static void construct(void)
{
    found_by_constructor = error == 7 && zeroed[9999] == 0;
    error = 8;
}

static void check_content(void)
{
    EQUAL(letter, 'x');
    CHECK(same(text, "relocated"));
    for (size_t at = 0; at < sizeof zeroed; at++)
        if (zeroed[at] != 0)
            EQUAL(zeroed[at], 0);
    EQUAL(sixteen, 16);
    for (size_t at = 0; at < sizeof aligned; at++)
        if (aligned[at] != (at < 3 ? at + 1 : 0) || aligned_zeroed[at] != 0)
            EQUAL(at, -1);
}

static void check_alignment(void)
{
    EQUAL(ADDRESS(error) % _Alignof(int), 0);
    EQUAL(ADDRESS(sixteen) % 16, 0);
    EQUAL(ADDRESS(aligned) % ALIGNMENT, 0);
    EQUAL(ADDRESS(aligned_zeroed) % ALIGNMENT, 0);
}

/* Nothing else uses the memory of the variables. */
static void fill(unsigned char with)
{
    for (size_t at = 0; at < sizeof zeroed; at++)
        zeroed[at] = with;
    for (size_t at = 0; at < sizeof aligned; at++)
        aligned[at] = aligned_zeroed[at] = with;
}

int main(void)
{
    CHECK(found_by_constructor);
    EQUAL(error, 8);
    check_content();
    check_alignment();
    fill(0xaa);
    EQUAL(letter, 'x');
    EQUAL(sixteen, 16);
    FAILS(rt_file_size("/no/such/file"), -1, E_NOENT);
    char *read = rt_file_read_text("/proc/self/status");
    CHECK(rt_len(read) > 0);
    rt_free(read);
    for (size_t at = 0; at < sizeof zeroed; at++)
        if (zeroed[at] != 0xaa)
            EQUAL(zeroed[at], 0xaa);
    return verdict();
}
