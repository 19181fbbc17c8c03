/*
 * A set-user-ID program without a libc: the library trusts neither HOME nor PATH, even if the program removes variables
 * from its environment, as unsetenv(3) does, and drops its privileges before its first call.
 *
 *     raised DIRECTORY    as root; the directory must not exist
 */
#include "check.h"
#include "raw.h"

enum { NOBODY = 65534, CURRENT_DIRECTORY = -100, NOT_RAISED = 77 };

/* Removes a variable from an environment, in place. */
static void take_out(char **envp, const char *name)
{
    char **to = envp;
    for (char **from = envp; *from != NULL; from++)
        if (!same_bytes(*from, name, length(name)))
            *to++ = *from;
    *to = NULL;
}

static bool become_nobody(void)
{
    return system_call(__NR_setresgid, NOBODY, NOBODY, NOBODY, 0) == 0 &&
           system_call(__NR_setresuid, NOBODY, NOBODY, NOBODY, 0) == 0;
}

/* Runs in the set-user-ID root program that an ordinary user has started. */
static int raised(char **envp)
{
    if (system_call(__NR_geteuid, 0, 0, 0, 0) != 0)
        return NOT_RAISED;
    take_out(envp, "RT_TAKEN=");
    take_out(envp, "RT_TOO=");
    CHECK(become_nobody());
    FAILS_EMPTY(rt_env_get("RT_TAKEN"), E_NOENT);
    char *home = rt_env_get("HOME");
    CHECK(same(home, "/trap"));
    rt_free(home);
    home = rt_env_home();
    CHECK(!same(home, "/trap"));
    rt_free(home);
    FAILS(rt_process_run("rt-trap", NULL, 0), 127, E_NOENT);
    EQUAL(rt_process_run("true", NULL, 0), 0);
    return verdict();
}

static void cannot_run(const char *why)
{
    (void)(rt_print("CANNOT RUN: set-user-ID, without a libc: ") && rt_print(why) && rt_print("\n"));
}

static bool make_executable(const char *path, int mode)
{
    return system_call(__NR_fchmodat, CURRENT_DIRECTORY, (long)path, mode, 0) == 0;
}

int main(int argc, char **argv, char **envp)
{
    struct line program = {0}, trap = {0}, path = {0};
    if (argc != 2)
        return 2;
    if (same(argv[1], "raised"))
        return raised(envp);
    char *emulated = rt_env_get("FFI_SYSCALLS_EMULATED");
    bool is_emulated = *emulated != 0;
    rt_free(emulated);
    if (is_emulated) {
        (void)rt_print("NOT IN AN EMULATOR: set-user-ID, without a libc: the emulator's own file is not set-user-ID\n");
        return 0;
    }
    if (system_call(__NR_getuid, 0, 0, 0, 0) != 0) {
        cannot_run("needs root");
        return 0;
    }
    add(&program, argv[1]);
    add(&program, "/raised");
    add(&trap, argv[1]);
    add(&trap, "/rt-trap");
    add(&path, argv[1]);
    add(&path, ":/bin:/usr/bin");
    CHECK(rt_dir_create(argv[1], false) && rt_file_copy(argv[0], program.text) && make_executable(program.text, 04755));
    CHECK(rt_file_write_text(trap.text, "#!/bin/sh\nexit 99\n") && make_executable(trap.text, 0755));
    CHECK(rt_env_set("RT_TAKEN", "x") && rt_env_set("RT_TOO", "x") && rt_env_set("HOME", "/trap") && rt_env_set("PATH", path.text));
    CHECK(become_nobody());
    EQUAL(rt_process_run("rt-trap", NULL, 0), 99); /* an ordinary user */
    static const char *const arguments[] = {"raised"};
    int32_t code = rt_process_run(program.text, arguments, 1);
    if (code == NOT_RAISED)
        cannot_run("the directory, or this process, does not allow it (nosuid, no_new_privs)");
    else
        EQUAL(code, 0);
    return verdict();
}
