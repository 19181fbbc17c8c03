/*
 * Loads the shared object at run time, as languages with a foreign function interface do, calls functions by their
 * names, and unloads it. The program has a libc and is linked with no part of the library.
 *
 *     loader PATH    of libffi_syscalls.so
 */
#define _GNU_SOURCE
#include "ffi_syscalls.h" /* for the types */

#include "operations.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int failed;

static void check(bool ok, const char *what, int line)
{
    if (!ok) {
        printf("FAILED loader.c:%d: %s\n", line, what);
        failed++;
    }
}
#define CHECK(condition) check((condition), #condition, __LINE__)

/* A pointer to each function. */
#define FIELD(kind, returns, name, parameters, arguments) returns(*name) parameters;
static struct {
    FUNCTIONS(FIELD)
} library;

/* Finds a function. POSIX lets a data pointer carry it. */
static void (*find(void *object, const char *name))(void)
{
    void (*function)(void) = NULL;
    void *found = dlsym(object, name);
    if (found == NULL) {
        printf("FAILED: %s\n", dlerror());
        exit(1);
    }
    memcpy(&function, &found, sizeof function);
    return function;
}

static void use(const char *path)
{
    void *object = dlopen(path, RTLD_NOW | RTLD_LOCAL); /* RTLD_NOW: an undefined symbol is an error */
    if (object == NULL) {
        printf("FAILED: %s\n", dlerror());
        exit(1);
    }
#define FIND(kind, returns, name, parameters, arguments) library.name = (returns(*) parameters)find(object, #name);
    FUNCTIONS(FIND)
    /* Symbols that must stay hidden: they would replace the program's own. */
    static const char *const hidden[] = {"memcpy", "memmove", "memset", "memcmp", "bcmp", "strlen", "rust_eh_personality", "_start", "environ", "rust_begin_unwind"};
    for (size_t i = 0; i < sizeof hidden / sizeof *hidden; i++) {
        void *libc_has = dlsym(RTLD_DEFAULT, hidden[i]), *object_has = dlsym(object, hidden[i]);
        check(object_has == NULL || object_has == libc_has, hidden[i], __LINE__);
    }

    setenv("RT_LOADER", "from libc", 1); /* in the libc's environ, which the object has to find */
    char *text = library.rt_env_get("RT_LOADER");
    CHECK(strcmp(text, "from libc") == 0 && library.rt_len(text) == 9);
    library.rt_free(text);
    CHECK(!library.rt_file_exists("/no/such/file") && library.rt_last_error() == 2);
    CHECK(library.rt_file_exists(path));
    CHECK(library.rt_file_read_text("/") == NULL && strcmp(library.rt_error_text(library.rt_last_error()), "EISDIR: Is a directory") == 0);
    char **list = library.rt_dir_list("/");
    CHECK(list != NULL && library.rt_len(list) > 0 && list[library.rt_len(list)] == NULL);
    library.rt_free(list);
    CHECK(library.rt_env_set("RT_LOADER_CODE", "7"));
    static const char *const arguments[] = {"-c", "exit $RT_LOADER_CODE"};
    CHECK(library.rt_process_run("sh", arguments, 2) == 7);
    CHECK(library.rt_getpid() > 1);
    char *cwd = library.rt_env_cwd(), *host = library.rt_hostname();
    CHECK(cwd != NULL && *cwd == '/' && host != NULL);
    library.rt_free(cwd);
    library.rt_free(host);
    CHECK(dlclose(object) == 0);
}

int main(int argc, char **argv)
{
    if (argc != 2) {
        fprintf(stderr, "usage: loader PATH-OF-THE-SHARED-OBJECT\n");
        return 2;
    }
    use(argv[1]);
    use(argv[1]); /* again: the first use must not affect the second */
    if (failed == 0)
        printf("the shared object works\n");
    return failed != 0;
}
