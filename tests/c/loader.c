/*
 * Loads the shared object while the program runs, as languages with a foreign function interface do, calls functions by
 * their names, and unloads it. Hosted; linked with none of the library's artifacts.
 *
 *     loader PATH    of libffi_syscalls.so
 */
#define _GNU_SOURCE
#include "contract.h"

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

/* A pointer to the function, of the contract's type. POSIX lets a data pointer carry it. */
#define FIND(name) __typeof__(&name) name##_ = (__typeof__(&name))find(object, #name)

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
    void *object = dlopen(path, RTLD_NOW | RTLD_LOCAL); /* now: nothing in it may be undefined */
    if (object == NULL) {
        printf("FAILED: %s\n", dlerror());
        exit(1);
    }
    FIND(rt_file_read_text);
    FIND(rt_file_exists);
    FIND(rt_dir_list);
    FIND(rt_env_get);
    FIND(rt_env_set);
    FIND(rt_env_cwd);
    FIND(rt_process_run);
    FIND(rt_getpid);
    FIND(rt_hostname);
    FIND(rt_len);
    FIND(rt_free);
    FIND(rt_last_error);
    FIND(rt_error_text);
    static const char *const others[] = {
        "rt_file_write_text", "rt_file_append_text", "rt_file_copy", "rt_file_delete", "rt_file_remove", "rt_file_size", "rt_file_modified_time",
        "rt_file_lock", "rt_file_unlock", "rt_dir_create", "rt_env_home", "rt_system_cpu_count", "rt_print", "rt_eprint", "rt_exit"};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        find(object, others[i]);
    /* What must stay inside, since it would take the place of the program's own. */
    static const char *const hidden[] = {"memcpy", "memmove", "memset", "memcmp", "bcmp", "strlen", "rust_eh_personality", "_start", "environ", "rust_begin_unwind"};
    for (size_t i = 0; i < sizeof hidden / sizeof *hidden; i++) {
        void *libc_has = dlsym(RTLD_DEFAULT, hidden[i]), *object_has = dlsym(object, hidden[i]);
        check(object_has == NULL || object_has == libc_has, hidden[i], __LINE__);
    }

    setenv("RT_LOADER", "from libc", 1); /* through the libc's environ, which the object has to find */
    char *text = rt_env_get_("RT_LOADER");
    CHECK(strcmp(text, "from libc") == 0 && rt_len_(text) == 9);
    rt_free_(text);
    CHECK(!rt_file_exists_("/no/such/file") && rt_last_error_() == 2);
    CHECK(rt_file_exists_(path));
    CHECK(rt_file_read_text_("/") == NULL && strcmp(rt_error_text_(rt_last_error_()), "EISDIR: Is a directory") == 0);
    char **list = rt_dir_list_("/");
    CHECK(list != NULL && rt_len_(list) > 0 && list[rt_len_(list)] == NULL);
    rt_free_(list);
    CHECK(rt_env_set_("RT_LOADER_CODE", "7"));
    static const char *const arguments[] = {"-c", "exit $RT_LOADER_CODE"};
    CHECK(rt_process_run_("sh", arguments, 2) == 7);
    CHECK(rt_getpid_() > 1);
    char *cwd = rt_env_cwd_(), *host = rt_hostname_();
    CHECK(cwd != NULL && *cwd == '/' && host != NULL);
    rt_free_(cwd);
    rt_free_(host);
    CHECK(dlclose(object) == 0);
}

int main(int argc, char **argv)
{
    if (argc != 2) {
        fprintf(stderr, "usage: loader PATH-OF-THE-SHARED-OBJECT\n");
        return 2;
    }
    use(argv[1]);
    use(argv[1]); /* and once more: what it leaves behind must not matter */
    if (failed == 0)
        printf("the shared object works\n");
    return failed != 0;
}
