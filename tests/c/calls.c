/*
 * Calls each function in its usual cases, for a tracer to list the system calls: `cargo xtask calls`.
 *
 *     calls GROUP    runs one of the groups below; the working directory becomes its root directory
 *
 * Each group runs in a process of its own, so that a first call is the process's first. A write to descriptor -1 marks
 * the start and the end of each section: its only effect is a line in the trace. Exit code 0: every call returned the
 * expected result.
 */
#include "ffi_syscalls.h"

#include "raw.h"

static bool went_wrong;

static size_t length(const char *text)
{
    size_t len = 0;
    while (text[len])
        len++;
    return len;
}

static bool is(const char *a, const char *b)
{
    while (*a && *a == *b)
        a++, b++;
    return *a == *b;
}

/* A moment, in microseconds since 1970. */
static const int64_t NOVEMBER_2026 = 1795806768000000;

static void mark(const char *text)
{
    system_call(__NR_write, -1, (long)text, (long)length(text), 0);
}

/* Starts a section: calls up to the next mark belong to it. */
static void begin(const char *name)
{
    mark(name);
}

static void end(bool is_right)
{
    mark("");
    if (is_right)
        return;
    went_wrong = true;
    rt_eprint("unexpected result: ");
    rt_eprint(rt_error_text(rt_last_error()));
    rt_eprint("\n");
}

/* Ends a section, and frees the text that its call returned. */
static void end_text(char *text)
{
    end(text);
    rt_free(text);
}

static void end_list(char **list, size_t len)
{
    end(list && rt_len(list) == len);
    rt_free(list);
}

static void end_copy(bool is_right, int64_t size)
{
    end(is_right);
    end(rt_file_size("copied") == size);
}

static void become_nobody(void)
{
    enum { NOBODY = 65534 };
    system_call(__NR_setresuid, NOBODY, NOBODY, NOBODY, 0);
}

/* Creates a file of this size, of which only a part has blocks: the rest is a hole. */
static void make_file(const char *path, long size, long allocated)
{
    long fd = system_call(__NR_openat, -100, (long)path, 0x41 /* O_WRONLY | O_CREAT */, 0644);
    system_call(__NR_ftruncate, fd, size, 0, 0);
    system_call(__NR_fallocate, fd, 0, 0, allocated);
    system_call(__NR_close, fd, 0, 0, 0);
}

static void facts(void)
{
    begin("rt_file_exists: a file");
    end(rt_file_exists("file"));
    begin("rt_file_exists: nothing");
    end(!rt_file_exists("none"));
    begin("rt_file_size");
    end(rt_file_size("file") == 4096);
    begin("rt_file_size: nothing");
    end(rt_file_size("none") == -1);
    begin("rt_file_modified_time");
    end(rt_file_modified_time("file") > 0);
    begin("rt_file_modified_time: nothing");
    end(rt_file_modified_time("none") == -1);
    begin("rt_file_exists: NULL");
    end(!rt_file_exists(NULL));
    begin("rt_file_delete");
    end(rt_file_delete("file"));
    begin("rt_file_delete: nothing");
    end(!rt_file_delete("file"));
    begin("rt_file_remove: a directory");
    end(!rt_file_remove("ten"));
}

static void facts_of_nobody(void)
{
    become_nobody();
    begin("rt_file_exists: in a directory without search permission");
    end(!rt_file_exists("closed/file"));
}

static void reading_once(void)
{
    begin("rt_file_read_text: 4 KB, the first memory of the process");
    end_text(rt_file_read_text("file"));
}

static void reading(void)
{
    make_file("empty", 0, 0);
    make_file("1 MB", 1 << 20, 1 << 20);
    make_file("64 MB", 64 << 20, 64 << 20);
    begin("rt_file_read_text: 4 KB, the first memory of the process");
    end_text(rt_file_read_text("file"));
    begin("rt_file_read_text: 4 KB");
    end_text(rt_file_read_text("file"));
    begin("rt_file_read_text: an empty file");
    end_text(rt_file_read_text("empty"));
    begin("rt_file_read_text: 1 MB, the first");
    end_text(rt_file_read_text("1 MB"));
    begin("rt_file_read_text: 1 MB");
    end_text(rt_file_read_text("1 MB"));
    begin("rt_file_read_text: 64 MB");
    char *text = rt_file_read_text("64 MB");
    end(rt_len(text) == 64 << 20);
    begin("rt_free: 64 MB");
    rt_free(text);
    end(true);
    begin("rt_file_read_text: 64 MB, the second");
    end_text(rt_file_read_text("64 MB"));
    begin("rt_file_read_text: nothing");
    end(!rt_file_read_text("none"));
    begin("rt_file_read_text: a directory");
    end(!rt_file_read_text("ten"));
}

static void writing(void)
{
    begin("rt_file_write_text: a new file");
    end(rt_file_write_text("written", "text"));
    begin("rt_file_write_text: a file that exists");
    end(rt_file_write_text("written", "text"));
    begin("rt_file_write_text: an empty text");
    end(rt_file_write_text("written", ""));
    begin("rt_file_append_text");
    end(rt_file_append_text("written", "text"));
    begin("rt_file_write_text: in a directory that is missing");
    end(!rt_file_write_text("none/file", "text"));
}

static void writing_once(void)
{
    begin("rt_file_write_text: a new file");
    end(rt_file_write_text("written", "text"));
}

static void not_copying(void)
{
    begin("rt_file_copy: 4 KB, a new file");
    end(!rt_file_copy("file", "copied"));
    begin("rt_file_copy: 4 KB, over one that exists");
    end(!rt_file_copy("file", "private"));
}

static void copying(void)
{
    make_file("empty", 0, 0);
    begin("rt_file_copy: 4 KB, a new file");
    end(rt_file_copy("file", "copied"));
    begin("rt_file_copy: 4 KB, over one that exists");
    end(rt_file_copy("file", "copied"));
    begin("rt_file_copy: 4 KB, over one with another mode");
    end(rt_file_copy("file", "private"));
    begin("rt_file_copy: an empty file");
    end(rt_file_copy("empty", "copied empty"));
    begin("rt_file_copy: a file to itself");
    end(!rt_file_copy("file", "file"));
    begin("rt_file_copy: nothing");
    end(!rt_file_copy("none", "copied"));
    begin("rt_file_copy: a directory");
    end(!rt_file_copy("ten", "copied"));
    begin("rt_file_copy: to a directory");
    end(!rt_file_copy("file", "ten"));
    begin("rt_file_copy: to a dangling link");
    end(rt_file_copy("file", "dangling"));
}

static void copying_much(void)
{
    make_file("1 MB", 1 << 20, 1 << 20);
    make_file("64 MB", 64 << 20, 64 << 20);
    begin("rt_file_copy: 1 MB");
    end_copy(rt_file_copy("1 MB", "copied"), 1 << 20);
    begin("rt_file_copy: 64 MB");
    end_copy(rt_file_copy("64 MB", "copied"), 64 << 20);
    make_file("hole", 64 << 20, 0);
    bool is_longer = rt_file_append_text("hole", "text");
    begin("rt_file_copy: a hole of 64 MB, and a text");
    end_copy(is_longer && rt_file_copy("hole", "copied"), (64 << 20) + 4);
}

static void locking_once(void)
{
    begin("rt_file_lock: a new file");
    end(rt_file_lock("lock") >= 0);
}

static void locking(void)
{
    begin("rt_file_lock: a new file");
    int64_t lock = rt_file_lock("lock");
    end(lock >= 0);
    begin("rt_file_lock: already locked");
    end(rt_file_lock("lock") == -1);
    begin("rt_file_unlock");
    end(rt_file_unlock(lock));
    begin("rt_file_lock: a file that exists");
    lock = rt_file_lock("lock");
    end(lock >= 0);
    rt_file_unlock(lock);
    begin("rt_file_unlock: no descriptor");
    end(!rt_file_unlock(lock));
    begin("rt_file_unlock: a number larger than int");
    end(!rt_file_unlock(1LL << 40));
    begin("rt_file_lock: a directory");
    lock = rt_file_lock("ten");
    end(lock >= 0);
    rt_file_unlock(lock);
    become_nobody();
    begin("rt_file_lock: a file without write permission");
    end(rt_file_lock("locked") >= 0);
}

static void directories(void)
{
    begin("rt_dir_create");
    end(rt_dir_create("new", false));
    begin("rt_dir_create: it exists");
    end(!rt_dir_create("new", false));
    begin("rt_dir_create: recursive, it exists");
    end(rt_dir_create("new", true));
    begin("rt_dir_create: recursive, only the last directory is missing");
    end(rt_dir_create("new/one", true));
    begin("rt_dir_create: recursive, two parents are missing");
    end(rt_dir_create("new/two/three/four", true));
    begin("rt_dir_create: recursive, below a file");
    end(!rt_dir_create("file/new", true));
    begin("rt_dir_list: 10 entries, the first memory of the process");
    end_list(rt_dir_list("ten"), 10);
    begin("rt_dir_list: 10 entries");
    end_list(rt_dir_list("ten"), 10);
    begin("rt_dir_list: 1000 entries, the first");
    end_list(rt_dir_list("thousand"), 1000);
    begin("rt_dir_list: 1000 entries");
    end_list(rt_dir_list("thousand"), 1000);
    begin("rt_dir_list: nothing");
    end(!rt_dir_list("none"));
    begin("rt_dir_list: a file");
    end(!rt_dir_list("file"));
}

static void environment(void)
{
    begin("rt_env_cwd: the first memory of the process");
    end_text(rt_env_cwd());
    begin("rt_env_cwd");
    end_text(rt_env_cwd());
    begin("rt_env_get: set");
    end_text(rt_env_get("PATH"));
    begin("rt_env_get: not set");
    end_text(rt_env_get("NONE"));
    begin("rt_env_home: HOME");
    end_text(rt_env_home());
    begin("rt_env_set: the first");
    end(rt_env_set("HOME", ""));
    begin("rt_env_set");
    end(rt_env_set("NEW", "value"));
    begin("rt_env_set: no name");
    end(!rt_env_set("", "value"));
    begin("rt_env_home: /etc/passwd");
    char *home = rt_env_home();
    end(is(home, "/home"));
    rt_free(home);
}

static void running(void)
{
    static const char *const arguments[] = {"child"};
    begin("rt_process_run: a path, the first memory of the process");
    end(rt_process_run("/second/program", arguments, 1) == 0);
    begin("rt_process_run: a path");
    end(rt_process_run("/second/program", arguments, 1) == 0);
    begin("rt_process_run: in the second directory of PATH");
    end(rt_process_run("program", arguments, 1) == 0);
    begin("rt_process_run: nothing");
    end(rt_process_run("none", arguments, 1) == 127);
    begin("rt_process_run: not executable");
    end(rt_process_run("/file", arguments, 1) == 126);
    begin("rt_process_run: a script without #!");
    end(rt_process_run("/script", NULL, 0) == 0);
    begin("rt_process_run: a NULL argument");
    end(rt_process_run("/second/program", NULL, 1) == -1);
}

static void running_with_sigchld_ignored(void)
{
    enum { SIGCHLD = 17 };
    static const char *const arguments[] = {"child"};
    static const unsigned long ignored[4] = {1 /* SIG_IGN */};
    system_call(__NR_rt_sigaction, SIGCHLD, (long)ignored, 0, 8);
    begin("rt_process_run: SIGCHLD ignored");
    end(rt_process_run("/second/program", arguments, 1) == 0);
}

static void running_once(void)
{
    static const char *const arguments[] = {"child"};
    begin("rt_process_run: a path");
    end(rt_process_run("/second/program", arguments, 1) == 0);
}

static void not_running(void)
{
    begin("rt_process_run: a path");
    end(rt_process_run("/second/program", NULL, 0) == -1);
}

static void counting(void)
{
    begin("rt_system_cpu_count: the first");
    end(rt_system_cpu_count() == 1);
    begin("rt_system_cpu_count");
    end(rt_system_cpu_count() == 1);
}

static void counting_in_version_1(void)
{
    rt_file_write_text("proc/self/cgroup", "4:cpu:/a\n");
    rt_file_write_text("proc/self/mountinfo", "30 23 0:26 / /sys/fs/cgroup rw - cgroup cgroup rw,cpu\n");
    begin("rt_system_cpu_count: control groups of version 1");
    end(rt_system_cpu_count() >= 1);
}

static void counting_without_proc(void)
{
    rt_file_delete("proc/self/cgroup");
    rt_file_delete("proc/self/mountinfo");
    begin("rt_system_cpu_count: no /proc");
    end(rt_system_cpu_count() >= 1);
    begin("rt_system_cpu_count: no /proc, again");
    end(rt_system_cpu_count() >= 1);
}

static void printing_once(void)
{
    begin("rt_print");
    end(rt_print("printed\n"));
}

static void without_memory(void)
{
    begin("rt_hostname");
    end(!rt_hostname());
}

/* Functions whose system calls cannot fail, or that make none. The first reading of a clock looks for the vDSO. */
static void clocks_and_dates(void)
{
    begin("rt_time_now_unix_micros: the first reading");
    end(rt_time_now_unix_micros() > 0);
    begin("rt_time_now_unix_micros");
    end(rt_time_now_unix_micros() > 0);
    begin("rt_time_now_nanos");
    end(rt_time_now_nanos() > 0);
    begin("rt_timestamp_get_year");
    end(rt_timestamp_get_year(NOVEMBER_2026) == 2026);
    begin("rt_timestamp_get_month");
    end(rt_timestamp_get_month(NOVEMBER_2026) == 11);
    begin("rt_timestamp_get_day");
    end(rt_timestamp_get_day(NOVEMBER_2026) == 27);
    begin("rt_timestamp_get_hour");
    end(rt_timestamp_get_hour(NOVEMBER_2026) == 19);
    begin("rt_timestamp_get_minute");
    end(rt_timestamp_get_minute(NOVEMBER_2026) == 12);
    begin("rt_timestamp_get_second");
    end(rt_timestamp_get_second(NOVEMBER_2026) == 48);
    begin("rt_timestamp_get_weekday");
    end(rt_timestamp_get_weekday(NOVEMBER_2026) == 4);
    begin("rt_timestamp_get_yearday");
    end(rt_timestamp_get_yearday(NOVEMBER_2026) == 331);
    begin("rt_timestamp_from_civil");
    end(rt_timestamp_from_civil(2026, 11, 27, 19, 12, 48) == NOVEMBER_2026);
    begin("rt_timestamp_parse");
    end(rt_timestamp_parse("2026-11-27T19:12:48Z") == NOVEMBER_2026);
    begin("rt_glob_match");
    end(rt_glob_match("a*[0-9]", "abc7"));
    begin("rt_getuid");
    end(rt_getuid() >= 0);
}

static void the_rest(void)
{
    begin("rt_getpid");
    end(rt_getpid() > 0);
    begin("rt_system_memory");
    end(rt_system_memory() > 0);
    begin("rt_hostname: the first memory of the process");
    end_text(rt_hostname());
    begin("rt_hostname");
    char *text = rt_hostname();
    end(text);
    begin("rt_len");
    end(rt_len(text) > 0);
    begin("rt_free");
    rt_free(text);
    end(true);
    begin("rt_free: NULL");
    rt_free(NULL);
    end(true);
    begin("rt_version");
    end(rt_version() > 0);
    begin("rt_last_error");
    end(rt_last_error() == 0);
    begin("rt_error_text");
    end(rt_error_text(2));
    begin("rt_print");
    end(rt_print("printed\n"));
    begin("rt_eprint");
    end(rt_eprint("printed\n"));
    begin("rt_print: an empty text");
    end(rt_print(""));
    begin("rt_exit");
    rt_exit(went_wrong);
}

static const struct {
    const char *name;
    void (*run)(void);
} groups[] = {
    {"facts", facts},
    {"facts_of_nobody", facts_of_nobody},
    {"reading", reading},
    {"reading_once", reading_once},
    {"writing", writing},
    {"writing_once", writing_once},
    {"copying", copying},
    {"not_copying", not_copying},
    {"copying_much", copying_much},
    {"locking", locking},
    {"locking_once", locking_once},
    {"directories", directories},
    {"environment", environment},
    {"running", running},
    {"running_with_sigchld_ignored", running_with_sigchld_ignored},
    {"running_once", running_once},
    {"not_running", not_running},
    {"counting", counting},
    {"counting_in_version_1", counting_in_version_1},
    {"counting_without_proc", counting_without_proc},
    {"printing_once", printing_once},
    {"clocks_and_dates", clocks_and_dates},
    {"the_rest", the_rest},
    {"without_memory", without_memory},
};

/* Makes the working directory the root directory. An ordinary user needs a user namespace for it. */
static bool enter(void)
{
    enum { CLONE_NEWUSER = 0x10000000 };
    if (system_call(__NR_chroot, (long)".", 0, 0, 0) == 0)
        return true;
    return system_call(__NR_unshare, CLONE_NEWUSER, 0, 0, 0) == 0 && system_call(__NR_chroot, (long)".", 0, 0, 0) == 0;
}

int main(int argc, char **argv, char **envp)
{
    (void)envp;
    if (argc != 2)
        return 2;
    /* The program that the groups run, and the shell of their script. */
    if (is(argv[1], "child") || is(argv[1], "/script"))
        return 0;
    if (!enter()) {
        rt_eprint("no root of its own: chroot(2) takes root's rights or a user namespace.\n");
        return 3;
    }
    for (size_t i = 0; i < sizeof groups / sizeof *groups; i++) {
        if (!is(argv[1], groups[i].name))
            continue;
        groups[i].run();
        return went_wrong;
    }
    return 2;
}
