/* facts [DIRECTORY]: prints facts about the system, and the size of each entry of a directory.
 *
 * With a libc:     cc facts.c -I include -L lib -lffi_syscalls -o facts
 * Without a libc:  cc -nostdlib -static -ffreestanding -fno-stack-protector facts.c -I include -L lib
 *                     -lffi_syscalls_freestanding -o facts
 */
#include "ffi_syscalls.h"

/* Reports why the last call failed. */
static int report_error(const char *what)
{
    const char *why = rt_error_text(rt_last_error());

    rt_eprint("facts: ");
    rt_eprint(what);
    rt_eprint(": ");
    rt_eprint(why);
    rt_eprint("\n");
    return 1;
}

/* Prints a text, or exits if that fails. */
static void print(const char *text)
{
    if (!rt_print(text))
        rt_exit(report_error("standard output"));
}

/* Prints a number, since there is no printf without a libc. */
static void print_number(int64_t number)
{
    uint64_t rest = number < 0 ? 0 - (uint64_t)number : (uint64_t)number;
    char digits[24];
    char *at = digits + sizeof digits;

    *--at = '\0';
    do
        *--at = (char)('0' + rest % 10);
    while ((rest /= 10) > 0);
    if (number < 0)
        *--at = '-';
    print(at);
}

/* Prints a text that the library returned and frees it. NULL and "" mean a failure. */
static int print_fact(const char *name, char *text)
{
    int failed = rt_len(text) == 0 ? report_error(name) : 0;

    if (!failed) {
        print(name);
        print(": ");
        print(text);
        print("\n");
    }
    rt_free(text);
    return failed;
}

/* Copies a text to `at` and returns its end there, as stpcpy does. */
static char *copy_text(char *at, const char *text)
{
    while (*text != '\0')
        *at++ = *text++;
    *at = '\0';
    return at;
}

/* Prints size and name of an entry of a directory. */
static int print_entry(const char *directory, const char *name)
{
    /* The longest path, a slash and the longest name. */
    char path[4096 + 1 + 256];
    int64_t size;

    copy_text(copy_text(copy_text(path, directory), "/"), name);
    size = rt_file_size(path);
    if (size < 0) /* for example for a dangling symbolic link */
        return report_error(path);
    print_number(size);
    print("\t");
    print(name);
    print("\n");
    return 0;
}

int main(int argc, char **argv)
{
    const char *directory = argc > 1 ? argv[1] : ".";
    char **names = rt_dir_list(directory);
    int failed = names == NULL ? report_error(directory) : 0;

    failed |= print_fact("host name", rt_hostname());
    failed |= print_fact("working directory", rt_env_cwd());
    failed |= print_fact("home directory", rt_env_home());
    print("processors: ");
    print_number(rt_system_cpu_count());
    print("\n");
    for (size_t i = 0; i < rt_len(names); i++)
        failed |= print_entry(directory, names[i]);
    rt_free(names); /* this frees the entries too */
    return failed;
}
