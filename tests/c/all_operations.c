/*
 * A program without a libc that contains all operations, for its size. It calls those below; relocations keep the
 * others. The argument is the path of a directory that does not exist. The exit code is the number of failed calls.
 */
#include "ffi_syscalls.h"

#include "operations.h"

static int failures;

/* A relocation that does nothing, so that the linker takes the function. */
#define KEEP(kind, returns, name, parameters, arguments) __asm__ volatile(".reloc ., BFD_RELOC_NONE, " #name);

__attribute__((noinline)) static void check(bool is_right)
{
    failures += !is_right;
}

__attribute__((noinline)) static void text_is_there(char *text)
{
    check(text && text[0]);
    rt_free(text);
}

static void files(const char *path)
{
    check(rt_file_write_text(path, "one") && rt_file_append_text(path, "two"));
    check(rt_file_exists(path) && rt_file_size(path) == 6 && rt_file_modified_time(path) > 0);
    text_is_there(rt_file_read_text(path));
    check(rt_file_copy(path, "copy"));
    int64_t lock = rt_file_lock(path);
    check(rt_file_unlock(lock));
    check(rt_file_delete(path) && rt_file_remove("copy"));
}

int main(int argc, char **argv, char **envp)
{
    (void)envp;
    if (argc != 2)
        return 99;
    OPERATIONS(KEEP)
    check(rt_dir_create(argv[1], true));
    char **list = rt_dir_list(argv[1]);
    check(list && !list[0]);
    rt_free(list);
    files("file");
    text_is_there(rt_env_cwd());
    check(rt_env_set("ALL_OPERATIONS", "set"));
    text_is_there(rt_env_get("ALL_OPERATIONS"));
    text_is_there(rt_env_home());
    text_is_there(rt_hostname());
    const char *const arguments[] = {argv[1]};
    check(rt_getpid() > 0 && rt_system_cpu_count() > 0 && rt_process_run("rmdir", arguments, 1) == 0);
    return failures;
}
