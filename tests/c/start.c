/*
 * What runs before and after main(). Each function prints a line, and the harness compares the output.
 *
 *     start return|exit|exit_in_constructor|exit_in_destructors|misuse
 */
#include <stddef.h>

#include "ffi_syscalls.h"

#define BEFORE(priority) __attribute__((constructor(priority)))
#define AFTER(priority) __attribute__((destructor(priority)))

static const char *mode = "";

static bool is_mode(const char *name)
{
    size_t at = 0;
    while (mode[at] && mode[at] == name[at])
        at++;
    return mode[at] == name[at];
}

/* The functions in the array of constructors get the arguments of main(); a libc may pass none. */
static void construct(const char *name, int argc, char **argv, char **envp)
{
#if !__STDC_HOSTED__
    if (argc != 2 || argv[2] != NULL || envp != argv + 3)
        rt_print("wrong arguments: ");
    mode = argv[1];
    char *given = rt_env_get("RT_GIVEN");
    if (rt_len(given) != 5)
        rt_print("wrong environment: ");
    rt_free(given);
#else
    (void)argc, (void)argv, (void)envp;
#endif
    rt_print(name);
}

#if !__STDC_HOSTED__ /* no libc but glibc has this array */
static void zeroth(int argc, char **argv, char **envp)
{
    construct("preinit\n", argc, argv, envp);
}

__attribute__((section(".preinit_array"), used)) static void (*preinit)(int, char **, char **) = zeroth;
#endif

/* In the source they are in another order than they run in. */
__attribute__((constructor)) static void third(int argc, char **argv, char **envp)
{
    construct("constructor\n", argc, argv, envp);
}

BEFORE(201) static void second(int argc, char **argv, char **envp)
{
    construct("constructor 201\n", argc, argv, envp);
    if (is_mode("exit_in_constructor"))
        rt_exit(9);
}

BEFORE(200) static void first(int argc, char **argv, char **envp)
{
    construct("constructor 200\n", argc, argv, envp);
}

static void destruct(const char *name)
{
    rt_print(name);
    if (is_mode("exit_in_destructors"))
        rt_exit(10);
}

AFTER(200) static void last(void)
{
    destruct("destructor 200\n");
}

__attribute__((destructor)) static void early(void)
{
    destruct("destructor\n");
}

AFTER(201) static void middle(void)
{
    destruct("destructor 201\n");
}

int main(int argc, char **argv)
{
    (void)argc;
    mode = argv[1];
    rt_print("main\n");
    if (is_mode("exit"))
        rt_exit(8);
    if (is_mode("misuse"))
        rt_free(argv);
    return 7;
}
