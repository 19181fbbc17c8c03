/*
 * Calls every function, in C that compiles on any system. The program is linked for every system, and run where that is
 * possible. The argument is the path of a directory that does not exist.
 */
#include <stdio.h>
#include <string.h>

#include "ffi_syscalls.h"

#include "contract.h"
#include "null_texts.h"

#ifdef MISSPELT
/* A name that no library has. A linker that accepts it would accept a wrong name in the library too. */
extern int MISSPELT(void);
#endif

static int failures;

static void check(bool is_right, const char *what)
{
    if (is_right)
        return;
    failures++;
    fprintf(stderr, "%s: %s\n", what, rt_error_text(rt_last_error()));
}

static void text_is(char *text, const char *wanted, const char *what)
{
    check(text && strcmp(text, wanted) == 0 && rt_len(text) == strlen(wanted), what);
    rt_free(text);
}

static void text_is_there(char *text, const char *what)
{
    check(text && rt_len(text) > 0, what);
    rt_free(text);
}

static void in_a_directory(const char *place)
{
    char file[4096], copy[4096], missing[4096];
    snprintf(file, sizeof file, "%s/file", place);
    snprintf(copy, sizeof copy, "%s/copy", place);
    snprintf(missing, sizeof missing, "%s/missing", place);

    check(rt_dir_create(place, true), "rt_dir_create");
    check(rt_file_write_text(file, "one"), "rt_file_write_text");
    check(rt_file_append_text(file, " two"), "rt_file_append_text");
    text_is(rt_file_read_text(file), "one two", "rt_file_read_text");
    check(rt_file_size(file) == 7, "rt_file_size");
    check(rt_file_modified_time(file) > 0, "rt_file_modified_time");
    check(rt_file_copy(file, copy), "rt_file_copy");
    text_is(rt_file_read_text(copy), "one two", "the copy");

    int64_t lock = rt_file_lock(file);
    check(lock >= 0, "rt_file_lock");
    check(rt_file_lock(file) == -1, "a second lock on the file");
    check(rt_file_unlock(lock), "rt_file_unlock");

    char **list = rt_dir_list(place);
    check(list && rt_len(list) == 2 && !list[2], "rt_dir_list");
    rt_free(list);

    check(rt_file_delete(copy), "rt_file_delete");
    check(!rt_file_exists(copy) && rt_file_exists(file), "rt_file_exists");
    check(rt_file_remove(file), "rt_file_remove");
    check(rt_file_size(missing) == -1 && strncmp(rt_error_text(rt_last_error()), "ENOENT", 6) == 0, "rt_error_text");
}

/* Functions that nothing above calls are linked too. */
static void every_function_is_there(void)
{
#define IS_THERE(kind, returns, name, parameters, arguments)                                                           \
    {                                                                                                                  \
        returns(*const volatile function) parameters = name;                                                           \
        check(function != NULL, #name);                                                                                \
    }
    FUNCTIONS(IS_THERE)
    const char *lenient = function_that_takes_null();
    check(lenient == NULL, lenient);
}

int main(int argc, char **argv)
{
#ifdef MISSPELT
    MISSPELT();
#endif
    if (argc != 2)
        return 2;
    every_function_is_there();
    in_a_directory(argv[1]);
    check(rt_env_set("EVERY_FUNCTION", "value"), "rt_env_set");
    text_is(rt_env_get("EVERY_FUNCTION"), "value", "rt_env_get");
    rt_free(rt_env_home());
    text_is_there(rt_env_cwd(), "rt_env_cwd");
    text_is_there(rt_hostname(), "rt_hostname");
    check(rt_getpid() > 0, "rt_getpid");
    check(rt_system_cpu_count() > 0, "rt_system_cpu_count");
    const char *arguments[] = {"-c", "test \"$EVERY_FUNCTION\" = value && exit 42"};
    check(rt_process_run("sh", arguments, 2) == 42, "rt_process_run");
    check(rt_print("") && rt_eprint(""), "rt_print, rt_eprint");
    rt_exit(failures > 0);
}
