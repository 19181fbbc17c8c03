/*
 * Calls each function many times, for callgrind to count the instructions: `cargo xtask instructions`.
 *
 *     instructions       in a directory with `file`, `ten` and `thousand`, and with 20 variables
 *
 * Each function is called once, because a first call may do more, then COUNT times, and 2 * COUNT times. The counter is
 * read in between, at each entry of mark(). Each name is printed on a line that ends with a tab.
 *
 * A function that has no row of its own is called with the path of a missing file.
 */
#include "ffi_syscalls.h"

#include "missing_file.h"
#include "raw.h"

enum { COUNT = 10 };

/* A moment, in microseconds since 1970. */
static const int64_t NOVEMBER_2026 = 1795806768000000;

/* The counter is read here, and starts again from 0. */
__attribute__((noinline)) void mark(void)
{
    __asm__ volatile("");
}

static void *kept;
static const char *program;

static void wait_for_none(void)
{
    rt_process_wait(2147483647, 0);
}

static void is_running_none(void)
{
    rt_process_is_running(2147483647);
}

static void kill_none(void)
{
    rt_process_kill(2147483647, 0);
}

static void nothing(void)
{
    __asm__ volatile("");
}

static void exists(void)
{
    rt_file_exists("file");
}

static void exists_not(void)
{
    rt_file_exists("none");
}

static void exists_null(void)
{
    rt_file_exists(NULL);
}

static void read_text(void)
{
    rt_free(rt_file_read_text("file"));
}

static void write_text(void)
{
    rt_file_write_text("written", "0123456789");
}

static void append_text(void)
{
    rt_file_append_text("written", "0123456789");
}

static void copy(void)
{
    rt_file_copy("file", "copied");
}

static void delete(void)
{
    rt_file_delete("none");
}

static void remove_directory(void)
{
    rt_file_remove("ten");
}

static void size(void)
{
    rt_file_size("file");
}

static void modified_time(void)
{
    rt_file_modified_time("file");
}

static void lock(void)
{
    rt_file_unlock(rt_file_lock("lock"));
}

static void lock_timeout(void)
{
    rt_file_unlock(rt_file_lock_timeout("lock", 1000));
}

static void lock_shared(void)
{
    rt_file_unlock(rt_file_lock_shared("lock", -1));
}

static void map(void)
{
    size_t mapped;
    void *address = rt_file_mmap("file", 0, 0, 0, &mapped);
    rt_file_munmap(address, mapped);
}

static void map_part(void)
{
    size_t mapped;
    void *address = rt_file_mmap("file", 7, 10, 0, &mapped);
    rt_file_munmap(address, mapped);
}

static void sync_null(void)
{
    rt_file_msync(NULL, 0, false);
}

static void advise_null(void)
{
    rt_file_madvise(NULL, 0, 0);
}

static void create(void)
{
    rt_dir_create("ten", false);
}

static void create_recursive(void)
{
    rt_dir_create("ten/a/b", true);
}

static void list_ten(void)
{
    rt_free(rt_dir_list("ten"));
}

static void list_thousand(void)
{
    rt_free(rt_dir_list("thousand"));
}

static void cwd(void)
{
    rt_free(rt_env_cwd());
}

static void get(void)
{
    rt_free(rt_env_get("VARIABLE_19"));
}

static void get_none(void)
{
    rt_free(rt_env_get("NONE"));
}

static void home(void)
{
    rt_free(rt_env_home());
}

static void set(void)
{
    rt_env_set("VARIABLE_19", "value");
}

static void get_own(void)
{
    get();
}

static void run(void)
{
    static const char *const arguments[] = {"child"};
    rt_process_run(program, arguments, 1);
}

static void process_id(void)
{
    rt_getpid();
}

static void cpu_count(void)
{
    rt_system_cpu_count();
}

static void hostname(void)
{
    rt_free(rt_hostname());
}

static void free_null(void)
{
    rt_free(NULL);
}

static void len(void)
{
    rt_len(kept);
}

static void last_error(void)
{
    rt_last_error();
}

static void error_text(void)
{
    rt_error_text(2);
}

static void print(void)
{
    rt_print("\n");
}

static void eprint(void)
{
    rt_eprint("\n");
}

static void get_year(void)
{
    rt_timestamp_get_year(NOVEMBER_2026);
}

static void get_month(void)
{
    rt_timestamp_get_month(NOVEMBER_2026);
}

static void get_day(void)
{
    rt_timestamp_get_day(NOVEMBER_2026);
}

static void get_hour(void)
{
    rt_timestamp_get_hour(NOVEMBER_2026);
}

static void get_minute(void)
{
    rt_timestamp_get_minute(NOVEMBER_2026);
}

static void get_second(void)
{
    rt_timestamp_get_second(NOVEMBER_2026);
}

static void get_weekday(void)
{
    rt_timestamp_get_weekday(NOVEMBER_2026);
}

static void get_yearday(void)
{
    rt_timestamp_get_yearday(NOVEMBER_2026);
}

static void from_civil(void)
{
    rt_timestamp_from_civil(2026, 11, 27, 19, 12, 48);
}

static void format(void)
{
    rt_free(rt_timestamp_format(NOVEMBER_2026));
}

static void parse(void)
{
    rt_timestamp_parse("2026-11-27T20:12:48.5+01:00");
}

static void sleep_nothing(void)
{
    rt_time_sleep_ms(0);
}

static void random_bytes(void)
{
    char bytes[64];
    rt_random_bytes(bytes, sizeof bytes);
}

static void version(void)
{
    rt_version();
}

static const struct {
    const char *name;
    void (*call)(void);
} operations[] = {
    {"nothing", nothing},
    {"rt_file_exists", exists},
    {"rt_file_exists: nothing", exists_not},
    {"rt_file_exists: NULL", exists_null},
    {"rt_file_read_text, rt_free: 100 bytes", read_text},
    {"rt_file_write_text", write_text},
    {"rt_file_append_text", append_text},
    {"rt_file_copy: 100 bytes", copy},
    {"rt_file_delete: nothing", delete},
    {"rt_file_remove: a directory", remove_directory},
    {"rt_file_size", size},
    {"rt_file_modified_time", modified_time},
    {"rt_file_lock, rt_file_unlock", lock},
    {"rt_file_lock_timeout, rt_file_unlock", lock_timeout},
    {"rt_file_lock_shared, rt_file_unlock", lock_shared},
    {"rt_file_mmap, rt_file_munmap", map},
    {"rt_file_mmap, rt_file_munmap: 10 bytes at offset 7", map_part},
    {"rt_file_msync: NULL", sync_null},
    {"rt_file_madvise: NULL", advise_null},
    {"rt_dir_create: it exists", create},
    {"rt_dir_create: recursive, it exists", create_recursive},
    {"rt_dir_list, rt_free: 10 entries", list_ten},
    {"rt_dir_list, rt_free: 1000 entries", list_thousand},
    {"rt_env_cwd, rt_free", cwd},
    {"rt_env_get, rt_free: the last of 20", get},
    {"rt_env_get, rt_free: not set", get_none},
    {"rt_env_home, rt_free: HOME", home},
    {"rt_env_set", set},
    {"rt_env_get, rt_free: after rt_env_set", get_own},
    {"rt_process_run: the caller's part", run},
    {"rt_process_wait: no child", wait_for_none},
    {"rt_process_is_running: no child", is_running_none},
    {"rt_process_kill: no process", kill_none},
    {"rt_getpid", process_id},
    {"rt_system_cpu_count", cpu_count},
    {"rt_hostname, rt_free", hostname},
    {"rt_timestamp_get_year", get_year},
    {"rt_timestamp_get_month", get_month},
    {"rt_timestamp_get_day", get_day},
    {"rt_timestamp_get_hour", get_hour},
    {"rt_timestamp_get_minute", get_minute},
    {"rt_timestamp_get_second", get_second},
    {"rt_timestamp_get_weekday", get_weekday},
    {"rt_timestamp_get_yearday", get_yearday},
    {"rt_timestamp_from_civil", from_civil},
    {"rt_timestamp_format, rt_free", format},
    {"rt_timestamp_parse", parse},
    {"rt_time_sleep_ms: 0", sleep_nothing},
    {"rt_random_bytes: 64 bytes", random_bytes},
    {"rt_free: NULL", free_null},
    {"rt_len", len},
    {"rt_last_error", last_error},
    {"rt_error_text", error_text},
    {"rt_print", print},
    {"rt_eprint", eprint},
    {"rt_version", version},
};

static size_t length(const char *text)
{
    size_t n = 0;
    while (text[n])
        n++;
    return n;
}

static bool begins_with(const char *text, const char *start)
{
    while (*start && *text == *start)
        text++, start++;
    return *start == 0;
}

/* Returns whether a name is among those before a row's colon. */
static bool names(const char *row, const char *function)
{
    for (; *row && *row != ':'; row++)
        if (begins_with(row, function) && !(row[length(function)] >= '_' && row[length(function)] <= 'z'))
            return true;
    return false;
}

static bool has_row(const char *function)
{
    for (size_t i = 0; i < sizeof operations / sizeof *operations; i++)
        if (names(operations[i].name, function))
            return true;
    return false;
}

static void call(void (*operation)(void), int count)
{
    for (int i = 0; i < count; i++)
        operation();
}

static void count(const char *name, void (*operation)(void))
{
    rt_print(name);
    rt_print("\t\n");
    call(operation, 1);
    mark();
    call(operation, COUNT);
    mark();
    call(operation, 2 * COUNT);
    mark();
}

int main(int argc, char **argv, char **envp)
{
    (void)envp;
    if (argc > 1)
        return 0; /* the program that rt_process_run() starts */
    program = argv[0];
    /* One processor, so that the machine's number of them does not matter. */
    static const unsigned long first[1] = {1};
    system_call(__NR_sched_setaffinity, 0, sizeof first, (long)first, 0);
    kept = rt_hostname();
    for (size_t i = 0; i < sizeof operations / sizeof *operations; i++)
        count(operations[i].name, operations[i].call);
    for (size_t i = 0; i < MISSING_FILE_CALLS; i++)
        if (!has_row(missing_file_calls[i].function))
            count(missing_file_calls[i].name, missing_file_calls[i].call);
    return 0;
}
