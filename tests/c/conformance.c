/*
 * Calls every function of the library and checks each result against the contract, and the last error of each failure.
 * It needs nothing but the library, so the same program tests a freestanding link, the hosted archive and the shared
 * object.
 *
 *     conformance DIRECTORY    the directory must not exist; the program makes and removes it
 *
 * sh and the usual small tools are the oracle for the content of files and the end of processes. For checks that need a
 * process of their own the program runs itself; see in_a_child().
 *
 * Sandboxes that lack something name it in the environment: RT_WITHOUT lists what is missing (proc, dev, the name of a
 * system call), and the program expects the failures that follow. RT_REPORT names a file for reports, for a closed
 * standard output.
 */
#include "check.h"

/* The calls of each function are counted. */
#define NUMBER_OF(kind, returns, name, parameters, arguments) N_##name,
#define NAME(kind, returns, name, parameters, arguments) #name,
enum { FUNCTIONS(NUMBER_OF) FUNCTION_COUNT };
#define AND_ONE(kind, returns, name, parameters, arguments) +1
enum { OPERATION_COUNT = OPERATIONS(AND_ONE) };
static const char *const function_names[] = {FUNCTIONS(NAME)};
static unsigned calls[FUNCTION_COUNT];

static void count_call(int function)
{
    calls[function]++;
}

#define OBSERVE(name, call) (count_call(N_##name), call)
#include "operations.h"

#include "null_texts.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))
#define INT_MAX_ INT64_C(2147483647)

static const char *directory;
/* The program's path, as it was started: in an emulator /proc names the emulator. */
static const char *self;

/* Returns a path in the directory, valid for the next hundred calls. */
static const char *at(const char *name)
{
    static char paths[100][8192];
    static unsigned next;
    char *path = paths[next++ % COUNT(paths)];
    size_t used = 0;
    for (const char *from = directory; *from && used < 4000; from++)
        path[used++] = *from;
    path[used++] = '/';
    for (const char *from = name; *from && used < sizeof paths[0] - 1; from++)
        path[used++] = *from;
    path[used] = 0;
    return path;
}

/* The words of RT_WITHOUT, with a space around each. */
static struct line missing;

static bool without(const char *what)
{
    for (const char *word = missing.text; *word; word++)
        if (same_bytes(word, " ", 1) && length(word + 1) > length(what) && same_bytes(word + 1, what, length(what)) &&
            word[1 + length(what)] == ' ')
            return true;
    return false;
}

/* The error of a file in /dev or /proc, or ENOENT where these are missing. */
#define IN_DEV(error) (without("dev") ? E_NOENT : (error))
#define IN_PROC(error) (without("proc") ? E_NOENT : (error))

/* Reads RT_WITHOUT and RT_REPORT from the environment that the program was started with. */
static void look_around(char **envp)
{
    static const char lacks[] = "RT_WITHOUT=", reports[] = "RT_REPORT=";
    for (char **entry = envp; *entry != NULL; entry++) {
        if (length(*entry) > length(lacks) && same_bytes(*entry, lacks, length(lacks))) {
            add(&missing, " ");
            add(&missing, *entry + length(lacks));
            add(&missing, " ");
        }
        if (length(*entry) > length(reports) && same_bytes(*entry, reports, length(reports)))
            report_file = *entry + length(reports);
    }
}

/* Runs a script; the directory is $D in it. */
static int32_t sh(const char *script)
{
    const char *const arguments[] = {"-c", script};
    return rt_process_run("sh", arguments, 2);
}

static int32_t run(const char *command)
{
    return rt_process_run(command, NULL, 0);
}

/* Runs this program as a child, with arguments for in_a_child(). */
static int32_t again(const char *what, const char *with)
{
    const char *const arguments[] = {what, with};
    return rt_process_run(self, arguments, 2);
}

/* Returns whether a text has exactly these bytes, its NUL, length and alignment. Frees the text. */
static bool is_text(char *text, const char *bytes, size_t n)
{
    bool ok = text != NULL && rt_len(text) == n && same_bytes(text, bytes, n) && text[n] == 0 &&
              (uintptr_t)text % 8 == 0;
    rt_free(text);
    return ok;
}

static bool is(char *text, const char *expected)
{
    return is_text(text, expected, length(expected));
}

/* Returns the output of a script without its last newline. The caller frees it. */
static char *output_of(const char *script)
{
    rt_env_set("SCRIPT", script);
    if (!CHECK(sh("{ eval \"$SCRIPT\"; } > \"$D/output\"; printf %s \"$(cat \"$D/output\")\" > \"$D/output\"") == 0))
        return NULL;
    return rt_file_read_text(at("output"));
}

/* Returns a text of n equal characters, valid until the next call. */
static const char *many(char character, size_t n)
{
    static char text[(1 << 20) + 1];
    for (size_t i = 0; i < n && i < sizeof text - 1; i++)
        text[i] = character;
    text[n] = 0;
    return text;
}

static void null_pointers(void)
{
    const char *const hole[] = {"a", NULL, "c"};
    const char *const empty_array[] = {NULL};
    FAILS(rt_file_exists(NULL), false, E_FAULT);
    FAILS(rt_file_read_text(NULL), NULL, E_FAULT);
    FAILS(rt_file_write_text(NULL, "x"), false, E_FAULT);
    FAILS(rt_file_write_text(at("null"), NULL), false, E_FAULT);
    FAILS(rt_file_write_text(NULL, NULL), false, E_FAULT);
    FAILS(rt_file_append_text(NULL, "x"), false, E_FAULT);
    FAILS(rt_file_append_text(at("null"), NULL), false, E_FAULT);
    FAILS(rt_file_copy(NULL, at("null")), false, E_FAULT);
    FAILS(rt_file_copy("/dev/null", NULL), false, E_FAULT);
    FAILS(rt_file_copy(NULL, NULL), false, E_FAULT);
    FAILS(rt_file_delete(NULL), false, E_FAULT);
    FAILS(rt_file_remove(NULL), false, E_FAULT);
    FAILS(rt_file_size(NULL), -1, E_FAULT);
    FAILS(rt_file_modified_time(NULL), -1, E_FAULT);
    FAILS(rt_file_lock(NULL), -1, E_FAULT);
    FAILS(rt_dir_create(NULL, false), false, E_FAULT);
    FAILS(rt_dir_create(NULL, true), false, E_FAULT);
    FAILS(rt_dir_list(NULL), NULL, E_FAULT);
    FAILS_EMPTY(rt_env_get(NULL), E_FAULT);
    FAILS(rt_env_set(NULL, "x"), false, E_FAULT);
    FAILS(rt_env_set("NULL_VALUE", NULL), false, E_FAULT);
    FAILS_EMPTY(rt_env_get("NULL_VALUE"), E_NOENT);
    FAILS(rt_process_run(NULL, NULL, 0), -1, E_FAULT);
    FAILS(rt_process_run("true", NULL, 1), -1, E_FAULT);
    FAILS(rt_process_run("true", NULL, SIZE_MAX), -1, E_FAULT);
    FAILS(rt_process_run("true", hole, 2), -1, E_FAULT);
    FAILS(rt_process_run("true", hole, 3), -1, E_FAULT);
    FAILS(rt_process_run("true", empty_array, 1), -1, E_FAULT);
    CHECK(rt_process_run("true", empty_array, 0) == 0);
    CHECK(rt_process_run("true", hole, 1) == 0);
    FAILS(rt_print(NULL), false, E_FAULT);
    FAILS(rt_eprint(NULL), false, E_FAULT);
    const char *lenient = function_that_takes_null();
    if (lenient != NULL)
        check_at(false, __FILE__, __LINE__, lenient);
    rt_free(NULL);
    EQUAL(rt_len(NULL), 0);
    /* The pointers are checked before anything else happens. */
    FAILS(rt_file_exists(at("null")), false, E_NOENT);
}

/* The errors of each operation for missing paths and for files of another type. */
enum { OK = 0, NOT = -1 /* not tried: it would change the files of other rows */ };

struct path_row {
    const char *path; /* in the directory; "" is the empty path */
    int exists, read, write, append, delete, size, mtime, lock, create, create_all, list, copy_from, copy_to;
};

static void paths(void)
{
    static char name_256[257], path_4096[4097];
    for (size_t i = 0; i < 256; i++)
        name_256[i] = 'n';
    for (size_t i = 0; i < 4096; i++)
        path_4096[i] = i % 2 ? '.' : '/';
    static const struct path_row rows[] = {
        /* path      exists   read     write    append   delete   size     mtime    lock     create   -p       list     from     to */
        {"",         E_NOENT, E_NOENT, E_NOENT, E_NOENT, E_NOENT, E_NOENT, E_NOENT, E_NOENT, E_NOENT, E_NOENT, E_NOENT, E_NOENT, E_NOENT},
        {"no",       E_NOENT, E_NOENT, NOT,     NOT,     E_NOENT, E_NOENT, E_NOENT, NOT,     NOT,     NOT,     E_NOENT, E_NOENT, NOT},
        {"no/no",    E_NOENT, E_NOENT, E_NOENT, E_NOENT, E_NOENT, E_NOENT, E_NOENT, E_NOENT, E_NOENT, NOT,     E_NOENT, E_NOENT, E_NOENT},
        {"file",     OK,      OK,      NOT,     NOT,     NOT,     OK,      OK,      NOT,     E_EXIST, E_EXIST, E_NOTDIR, NOT,    NOT},
        {"file/no",  E_NOTDIR, E_NOTDIR, E_NOTDIR, E_NOTDIR, E_NOTDIR, E_NOTDIR, E_NOTDIR, E_NOTDIR, E_NOTDIR, E_NOTDIR, E_NOTDIR, E_NOTDIR, E_NOTDIR},
        {"file/",    E_NOTDIR, E_NOTDIR, E_ISDIR, E_ISDIR, E_NOTDIR, E_NOTDIR, E_NOTDIR, E_NOTDIR, E_EXIST, E_EXIST, E_NOTDIR, E_NOTDIR, E_NOTDIR},
        {"dir",      OK,      E_ISDIR, E_ISDIR, E_ISDIR, E_ISDIR, OK,      OK,      OK,      E_EXIST, OK,      OK,      E_ISDIR, E_ISDIR},
        {"dir/",     OK,      E_ISDIR, E_ISDIR, E_ISDIR, E_ISDIR, OK,      OK,      OK,      E_EXIST, OK,      OK,      E_ISDIR, E_ISDIR},
        {"dirlink",  OK,      E_ISDIR, E_ISDIR, E_ISDIR, NOT,     OK,      OK,      OK,      E_EXIST, OK,      OK,      E_ISDIR, E_ISDIR},
        {"dangling", E_NOENT, E_NOENT, NOT,     NOT,     NOT,     E_NOENT, E_NOENT, NOT,     E_EXIST, E_EXIST, E_NOENT, E_NOENT, NOT},
        {"dangling/no", E_NOENT, E_NOENT, E_NOENT, E_NOENT, E_NOENT, E_NOENT, E_NOENT, E_NOENT, E_NOENT, E_EXIST, E_NOENT, E_NOENT, E_NOENT},
        {"loop",     E_LOOP,  E_LOOP,  E_LOOP,  E_LOOP,  NOT,     E_LOOP,  E_LOOP,  E_LOOP,  E_EXIST, E_EXIST, E_LOOP,  E_LOOP,  E_LOOP},
        {"loop/no",  E_LOOP,  E_LOOP,  E_LOOP,  E_LOOP,  E_LOOP,  E_LOOP,  E_LOOP,  E_LOOP,  E_LOOP,  E_LOOP,  E_LOOP,  E_LOOP,  E_LOOP},
        {name_256,   E_NAMETOOLONG, E_NAMETOOLONG, E_NAMETOOLONG, E_NAMETOOLONG, E_NAMETOOLONG, E_NAMETOOLONG, E_NAMETOOLONG, E_NAMETOOLONG, E_NAMETOOLONG, E_NAMETOOLONG, E_NAMETOOLONG, E_NAMETOOLONG, E_NAMETOOLONG},
        {path_4096,  E_NAMETOOLONG, E_NAMETOOLONG, E_NAMETOOLONG, E_NAMETOOLONG, E_NAMETOOLONG, E_NAMETOOLONG, E_NAMETOOLONG, E_NAMETOOLONG, E_NAMETOOLONG, E_NAMETOOLONG, E_NAMETOOLONG, E_NAMETOOLONG, E_NAMETOOLONG},
    };
    CHECK(rt_file_write_text(at("file"), "content"));
    CHECK(rt_dir_create(at("dir"), false));
    CHECK(sh("ln -s dir \"$D/dirlink\"; ln -s nowhere \"$D/dangling\"; ln -s loop \"$D/loop\"") == 0);
    for (const struct path_row *row = rows; row < rows + COUNT(rows); row++) {
        const char *path = *row->path ? at(row->path) : "";
        struct line note = {0};
        add(&note, "    the path above is \"");
        add(&note, row->path);
        add(&note, "\"\n");
        unsigned failed_before = atomic_load(&checks_failed);
/* Checks a cell: the call fails with this error, or succeeds if the cell is OK. */
#define CELL(cell, type, call, failure)                                                                                \
    if (row->cell != NOT) {                                                                                            \
        poison(row->cell);                                                                                             \
        type got_ = (call);                                                                                            \
        int32_t error_ = rt_last_error();                                                                              \
        if (row->cell == OK)                                                                                           \
            check_at(got_ != (failure), __FILE__, __LINE__, #call);                                                    \
        else                                                                                                           \
            failed_at(got_ == (failure), error_, row->cell, __FILE__, __LINE__, #call);                                \
        RELEASE(got_);                                                                                                 \
    }
#define RELEASE(value) (void)(value)
        CELL(exists, bool, rt_file_exists(path), false)
        CELL(write, bool, rt_file_write_text(path, "x"), false)
        CELL(append, bool, rt_file_append_text(path, "x"), false)
        CELL(delete, bool, rt_file_delete(path), false)
        CELL(delete, bool, rt_file_remove(path), false)
        CELL(size, int64_t, rt_file_size(path), -1)
        CELL(mtime, int64_t, rt_file_modified_time(path), -1)
        CELL(create, bool, rt_dir_create(path, false), false)
        CELL(create_all, bool, rt_dir_create(path, true), false)
        CELL(copy_from, bool, rt_file_copy(path, at("copy")), false)
        CELL(copy_to, bool, rt_file_copy(at("file"), path), false)
#undef RELEASE
#define RELEASE(value) rt_file_unlock(value)
        CELL(lock, int64_t, rt_file_lock(path), -1)
#undef RELEASE
#define RELEASE(value) rt_free(value)
        CELL(read, char *, rt_file_read_text(path), NULL)
        CELL(list, char **, rt_dir_list(path), NULL)
#undef RELEASE
        if (atomic_load(&checks_failed) != failed_before)
            report(note.text);
    }
    /* Failed copies created and changed nothing. */
    CHECK(!rt_file_exists(at("copy")));
    CHECK(!rt_file_exists(at("nowhere")));
    CHECK(is(rt_file_read_text(at("file")), "content"));
    /* A write through a dangling link creates its target; a deletion removes the link itself. */
    CHECK(rt_file_write_text(at("dangling"), "through") && is(rt_file_read_text(at("nowhere")), "through"));
    CHECK(rt_file_delete(at("dangling")) && rt_file_exists(at("nowhere")));
    CHECK(rt_file_remove(at("dirlink")) && rt_file_exists(at("dir")));
    CHECK(rt_file_delete(at("loop")));
    FAILS(rt_file_delete(at("loop")), false, E_NOENT);
    /* The longest path: 4095 bytes. */
    path_4096[4095] = 0;
    CHECK(rt_file_exists(path_4096));
}

/* Returns whether a text is what `yes 0123456789abcde` prints. It compares words: bytes take seconds in an emulator. */
static bool is_of_yes(const char *text, size_t n)
{
    static const char line[] = "0123456789abcde\n";
    size_t from = 0;
    for (; from + 16 <= n; from += 16) {
        uint64_t expected[2], found[2];
        __builtin_memcpy(expected, line, 16);
        __builtin_memcpy(found, text + from, 16);
        if (found[0] != expected[0] || found[1] != expected[1])
            return false;
    }
    return same_bytes(text + from, line, n - from);
}

static void contents(void)
{
    const char *path = at("text");
    CHECK(rt_file_write_text(path, "one\n"));
    CHECK(rt_file_append_text(path, "two"));
    CHECK(is(rt_file_read_text(path), "one\ntwo"));
    EQUAL(rt_file_size(path), 7);
    CHECK(rt_file_append_text(path, ""));
    EQUAL(rt_file_size(path), 7);
    CHECK(rt_file_write_text(path, "3"));
    CHECK(is(rt_file_read_text(path), "3"));
    CHECK(rt_file_write_text(path, ""));
    CHECK(is(rt_file_read_text(path), ""));
    EQUAL(rt_file_size(path), 0);
    CHECK(rt_file_delete(path));
    CHECK(rt_file_append_text(path, "made by appending") && is(rt_file_read_text(path), "made by appending"));
    CHECK(rt_file_remove(path) && !rt_file_exists(path));

    /* Any bytes. A returned text may contain NUL bytes, an argument cannot. */
    CHECK(rt_file_write_text(path, "\x01\xff\xfe\xc3\x28\r\n\x7f") && sh("test \"$(od -An -tx1 \"$D/text\")\" = ' 01 ff fe c3 28 0d 0a 7f'") == 0);
    CHECK(sh("printf 'a\\0b\\0\\0' > \"$D/text\"") == 0);
    CHECK(is_text(rt_file_read_text(path), "a\0b\0\0", 5));
    CHECK(rt_file_copy(path, at("text 2")) && is_text(rt_file_read_text(at("text 2")), "a\0b\0\0", 5));

    /* New files get the mode 0666 less the umask. */
    CHECK(sh("umask 027; printf x > \"$D/x\"") == 0 && rt_file_remove(at("x")));
    CHECK(rt_file_write_text(at("mode w"), "") && rt_file_append_text(at("mode a"), ""));
    EQUAL(rt_file_unlock(rt_file_lock(at("mode l"))), true);
    CHECK(sh("m=$(printf %o $((0666 & ~0$(umask)))); for f in w a l; do test $(stat -c %a \"$D/mode $f\") = $m || exit 1; done") == 0);

    /* Files whose size is not the length of their content: in /proc, pipes, devices. */
    if (without("dev"))
        FAILS(rt_file_read_text("/dev/null"), NULL, E_NOENT);
    else
        CHECK(is(rt_file_read_text("/dev/null"), ""));
    if (without("proc")) {
        FAILS(rt_file_size("/proc/self/status"), -1, E_NOENT);
        FAILS(rt_file_read_text("/proc/self/status"), NULL, E_NOENT);
    } else {
        EQUAL(rt_file_size("/proc/self/status"), 0);
        char *status = rt_file_read_text("/proc/self/status");
        CHECK(status != NULL && rt_len(status) > 100 && rt_len(status) == length(status));
        rt_free(status);
    }
    /* With a process at the other end: a pipeline, because a background job reads /dev/null. */
    CHECK(sh("mkfifo \"$D/pipe\"; { printf early; sleep 0.05; printf late; } > \"$D/pipe\" | \"$SELF\" 'read earlylate' \"$D/pipe\"") == 0);
    CHECK(sh("test \"$(\"$SELF\" 'write through' \"$D/pipe\" | cat \"$D/pipe\")\" = 'through a pipe'") == 0);
    /* The size is unknown in advance, so memory grows several times. */
    CHECK(sh("yes 0123456789abcde | head -c 50000000 > \"$D/pipe\" | \"$SELF\" 'read 50000000' \"$D/pipe\"") == 0);
    CHECK(sh("printf 'copied from a pipe' > \"$D/pipe\" | \"$SELF\" 'copy to from pipe' \"$D/pipe\"") == 0);
    CHECK(is(rt_file_read_text(at("from pipe")), "copied from a pipe"));
    CHECK(rt_file_delete(at("pipe")));

    /* Errors of write(2). */
    FAILS(rt_file_write_text("/dev/full", "x"), false, IN_DEV(E_NOSPC));
    FAILS(rt_file_append_text("/dev/full", "x"), false, IN_DEV(E_NOSPC));
    FAILS(rt_file_copy(path, "/dev/full"), false, IN_DEV(E_NOSPC));
    EQUAL(rt_file_exists("/dev/full"), !without("dev"));
    EQUAL(rt_file_write_text("/dev/full", ""), !without("dev"));
    FAILS(rt_file_read_text("/proc/self/mem"), NULL, IN_PROC(E_IO));
}

static bool begins_with(const char *text, const char *start)
{
    return length(text) >= length(start) && same_bytes(text, start, length(start));
}

/* Bytes, parts, lines, names, attributes and temporary files. */
static void more_about_files(void)
{
    const char *path = at("bytes");
    CHECK(rt_file_write_bytes(path, "a\0b\n", 4) && is_text(rt_file_read_text(path), "a\0b\n", 4));
    CHECK(rt_file_append_bytes(path, "\0c", 2) && is_text(rt_file_read_text(path), "a\0b\n\0c", 6));
    CHECK(rt_file_append_bytes(path, NULL, 0));
    EQUAL(rt_file_size(path), 6);
    FAILS(rt_file_append_bytes(path, NULL, 1), false, E_FAULT);
    FAILS(rt_file_write_bytes(path, NULL, 1), false, E_FAULT);
    FAILS(rt_file_write_bytes(path, "x", SIZE_MAX), false, E_FAULT);
    FAILS(rt_file_atomic_write_bytes(path, NULL, 1), false, E_FAULT);
    FAILS(rt_file_write_at(path, 0, NULL, 1), -1, E_FAULT);
    EQUAL(rt_file_size(path), 6);
    CHECK(rt_file_atomic_write_bytes(path, "x\0y", 3) && is_text(rt_file_read_text(path), "x\0y", 3));
    CHECK(rt_file_atomic_write_bytes(path, NULL, 0) && is(rt_file_read_text(path), ""));
    CHECK(rt_file_atomic_write(path, "0123456789") && is(rt_file_read_text(path), "0123456789"));
    FAILS(rt_file_atomic_write(directory, "x"), false, E_ISDIR);

    CHECK(is(rt_file_read_at(path, 3, 4), "3456"));
    CHECK(is(rt_file_read_at(path, 8, SIZE_MAX), "89"));
    CHECK(is(rt_file_read_at(path, 10, 1), "") && is(rt_file_read_at(path, INT64_MAX, SIZE_MAX), ""));
    FAILS(rt_file_read_at(path, -1, 1), NULL, E_INVAL);
    EQUAL(rt_file_write_at(path, 8, "xyz", 3), 3);
    EQUAL(rt_file_write_at(path, 0, NULL, 0), 0);
    CHECK(is(rt_file_read_text(path), "01234567xyz"));
    FAILS(rt_file_write_at(path, -1, "x", 1), -1, E_INVAL);
    FAILS(rt_file_write_at(at("none"), INT64_MIN, "x", 1), -1, E_INVAL);
    CHECK(!rt_file_exists(at("none")));

    CHECK(rt_file_write_text(path, "one\r\n\nthree"));
    char **lines = rt_file_read_lines(path);
    CHECK(lines && rt_len(lines) == 3 && same(lines[0], "one") && same(lines[1], "") && same(lines[2], "three") && !lines[3]);
    rt_free(lines);

    CHECK(rt_file_rename(path, at("renamed")) && rt_file_move(at("renamed"), path) && rt_file_exists(path));
    FAILS(rt_file_rename(at("renamed"), path), false, E_NOENT);
    FAILS(rt_file_move(at("renamed"), path), false, E_NOENT);
    CHECK(rt_file_symlink("bytes", at("symlink")) && is(rt_file_read_link(at("symlink")), "bytes"));
    FAILS(rt_file_symlink("bytes", at("symlink")), false, E_EXIST);
    FAILS(rt_file_read_link(path), NULL, E_INVAL);

    EQUAL(rt_file_kind(path), 'f');
    EQUAL(rt_file_kind(directory), 'd');
    EQUAL(rt_file_kind(at("symlink")), 'l');
    FAILS(rt_file_kind(at("none")), 0, E_NOENT);
    CHECK(rt_file_set_mode(path, 0640));
    EQUAL(rt_file_mode(at("symlink")), 0640);
    FAILS(rt_file_mode(at("none")), -1, E_NOENT);
    FAILS(rt_file_set_mode(path, 010000), false, E_INVAL);
    CHECK(rt_file_set_modified_time(path, -5, 999999999));
    EQUAL(rt_file_modified_time(path), -5);
    FAILS(rt_file_set_modified_time(path, 0, -1), false, E_INVAL);
    FAILS(rt_file_set_modified_time(path, 0, 1000000000), false, E_INVAL);
    CHECK(rt_file_sync(path) && rt_file_sync(directory));

    char *file = rt_file_temp(directory, "file-"), *made = rt_dir_temp(directory, "dir-");
    CHECK(file && begins_with(file, at("file-")) && rt_file_kind(file) == 'f' && rt_file_size(file) == 0);
    CHECK(made && begins_with(made, at("dir-")) && rt_file_kind(made) == 'd');
    FAILS(rt_file_temp(directory, "a/b"), NULL, E_INVAL);
    FAILS(rt_dir_temp(directory, "a/b"), NULL, E_INVAL);
    CHECK(rt_env_set("FILE", file) && rt_env_set("MADE", made));
    CHECK(sh("test $(stat -c %a \"$FILE\") = 600 && test $(stat -c %a \"$MADE\") = 700 && rmdir \"$MADE\"") == 0);
    CHECK(rt_file_delete(file) && rt_file_delete(at("symlink")) && rt_file_delete(path));
    rt_free(file);
    rt_free(made);

    /* Without a directory: the one for temporary files. */
    char *text = rt_env_get("TMPDIR");
    CHECK(rt_env_set("TMPDIR", directory));
    file = rt_file_temp(NULL, "file-");
    made = rt_dir_temp(NULL, "dir-");
    CHECK(file && begins_with(file, at("file-")) && made && begins_with(made, at("dir-")));
    CHECK(rt_env_set("MADE", made) && sh("rmdir \"$MADE\"") == 0 && rt_file_delete(file));
    CHECK(rt_env_set("TMPDIR", text));
    rt_free(text);
    rt_free(file);
    rt_free(made);
}

/* Each size at which a buffer could end. */
static void sizes(void)
{
    static const int64_t all[] = {1, 31, 32, 4094, 4095, 4096, 4097, 4351, 4352, 4353, 17407, 17408, 17409, 65535, 65536, 65537,
        131072, 262111, 262112, 262127, 262128, 262129, 262143, 262144, 262145, 1048576, 16777183, 16777184, 16777216, 20971525};
    for (size_t i = 0; i < COUNT(all); i++) {
        struct line number = {0};
        add_number(&number, all[i]);
        rt_env_set("N", number.text);
        CHECK(sh("yes 0123456789abcde | head -c $N > \"$D/sized\"") == 0);
        char *text = rt_file_read_text(at("sized"));
        bool ok = text != NULL && (int64_t)rt_len(text) == all[i] && text[all[i]] == 0 && (uintptr_t)text % 8 == 0;
        CHECK(ok && is_of_yes(text, (size_t)all[i]));
        EQUAL(rt_file_size(at("sized")), all[i]);
        CHECK(rt_file_copy(at("sized"), at("sized 2")) && sh("cmp -s \"$D/sized\" \"$D/sized 2\"") == 0);
        /* Over an existing file, larger and smaller. */
        CHECK(rt_file_write_text(at("sized 2"), many('L', 70000)));
        CHECK(rt_file_copy(at("sized"), at("sized 2")) && sh("cmp -s \"$D/sized\" \"$D/sized 2\"") == 0);
        if (text != NULL && all[i] < (1 << 21)) { /* a text that was read can be written */
            CHECK(rt_file_write_text(at("sized 2"), text) && sh("cmp -s \"$D/sized\" \"$D/sized 2\"") == 0);
            CHECK(rt_file_append_text(at("sized 2"), text) && rt_file_size(at("sized 2")) == 2 * all[i]);
        }
        rt_free(text);
    }
    CHECK(rt_file_remove(at("sized")) && rt_file_remove(at("sized 2")));
    /* A size of more than 32 bits. */
    CHECK(sh("truncate -s 5G \"$D/sparse\"") == 0);
    EQUAL(rt_file_size(at("sparse")), INT64_C(5) << 30);
    CHECK(rt_file_remove(at("sparse")));
}

static void copies(void)
{
    const char *from = at("from"), *to = at("to");
    CHECK(rt_file_write_text(from, "source") && rt_file_write_text(to, "a destination that is longer"));
    CHECK(sh("chmod 640 \"$D/from\"; chmod 604 \"$D/to\"; ln \"$D/to\" \"$D/also to\"") == 0);
    CHECK(rt_file_copy(from, to) && is(rt_file_read_text(to), "source"));
    CHECK(is(rt_file_read_text(at("also to")), "source"));
    CHECK(sh("test $(stat -c %a \"$D/to\") = 604") == 0);
    CHECK(is(rt_file_read_text(from), "source"));

    /* A new copy gets the source's mode, less the umask, without the set-ID bits. */
    static const char *const modes[][2] = {{"777", "777"}, {"4755", "755"}, {"2755", "755"}, {"666", "666"}, {"600", "600"}, {"400", "400"}, {"444", "444"}};
    for (size_t i = 0; i < COUNT(modes); i++) {
        rt_env_set("MODE", modes[i][0]);
        CHECK(sh("chmod $MODE \"$D/from\"; rm -f \"$D/to\"") == 0);
        CHECK(rt_file_copy(from, to));
        rt_env_set("MODE", modes[i][1]);
        CHECK(sh("test $(stat -c %a \"$D/to\") = $(printf %o $((0$MODE & ~0$(umask)))) && test $(cat \"$D/to\") = source") == 0);
    }
    CHECK(sh("chmod 644 \"$D/from\"") == 0);

    /* A file that is copied to itself is unchanged, under each of its names. */
    CHECK(sh("ln \"$D/from\" \"$D/hard\"; ln -s from \"$D/soft\"; ln -s hard \"$D/soft 2\"") == 0);
    FAILS(rt_file_copy(from, from), false, E_INVAL);
    FAILS(rt_file_copy(from, at("hard")), false, E_INVAL);
    FAILS(rt_file_copy(at("hard"), from), false, E_INVAL);
    FAILS(rt_file_copy(from, at("soft")), false, E_INVAL);
    FAILS(rt_file_copy(at("soft"), from), false, E_INVAL);
    FAILS(rt_file_copy(at("soft"), at("soft 2")), false, E_INVAL);
    FAILS(rt_file_copy(from, at("./dir/../from")), false, E_INVAL);
    CHECK(is(rt_file_read_text(from), "source"));

    /* No incomplete destination is left if reading the source fails after the destination was created. */
    FAILS(rt_file_copy("/proc/self/mem", at("half")), false, IN_PROC(E_IO));
    CHECK(!rt_file_exists(at("half")));
    FAILS(rt_file_copy(at("no"), at("half")), false, E_NOENT);
    CHECK(!rt_file_exists(at("half")));
    /* An existing destination is not removed. */
    CHECK(rt_file_write_text(at("existed"), "x"));
    FAILS(rt_file_copy("/proc/self/mem", at("existed")), false, IN_PROC(E_IO));
    CHECK(rt_file_exists(at("existed")));
    FAILS(rt_file_copy(at("dir"), at("existed 2")), false, E_ISDIR);
    CHECK(!rt_file_exists(at("existed 2")));

    CHECK(sh("rm -f \"$D/to\"; printf x > \"$D/to\"") == 0);
    if (without("proc")) {
        FAILS(rt_file_copy("/proc/version", at("version")), false, E_NOENT);
        CHECK(!rt_file_exists(at("version")));
    } else {
        CHECK(sh("cat /proc/version > \"$D/to\"; cat /proc/version | cmp -s - \"$D/to\"") == 0);
        CHECK(rt_file_copy("/proc/version", at("version")) && sh("cmp -s \"$D/to\" \"$D/version\"") == 0);
    }
    if (without("dev")) {
        FAILS(rt_file_copy("/dev/null", to), false, E_NOENT);
        CHECK(rt_file_size(to) > 0); /* unchanged */
        FAILS(rt_file_copy(from, "/dev/null"), false, E_NOENT);
    } else {
        CHECK(rt_file_copy("/dev/null", to) && rt_file_size(to) == 0);
        CHECK(rt_file_copy(from, "/dev/null"));
    }
    CHECK(sh("ln -s made \"$D/will be\"") == 0 && rt_file_copy(from, at("will be")) && is(rt_file_read_text(at("made")), "source"));
    /* A hole reads as zeros. */
    CHECK(sh("printf x > \"$D/holes\"; truncate -s 3000000 \"$D/holes\"; printf y >> \"$D/holes\"") == 0);
    CHECK(rt_file_copy(at("holes"), to) && sh("cmp -s \"$D/holes\" \"$D/to\"") == 0);
}

static void times(void)
{
    static const struct {
        const char *date;
        int64_t seconds;
    } rows[] = {
        {"1970-01-01T00:00:00Z", 0}, {"1969-12-31T23:59:58Z", -2}, {"1969-12-31T23:59:59Z", -1}, {"1901-12-14T00:00:00Z", -2147472000},
        {"2000-02-29T12:00:00Z", 951825600}, {"2038-01-19T03:14:08Z", 2147483648}, {"2100-03-01T00:00:00Z", 4107542400},
    };
    CHECK(rt_file_write_text(at("dated"), ""));
    unsigned tested = 0;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct line number = {0};
        add_number(&number, rows[i].seconds);
        rt_env_set("DATE", rows[i].date);
        rt_env_set("STAMP", number.text);
        if (sh("touch -d \"$DATE\" \"$D/dated\" && test $(stat -c %Y \"$D/dated\") = $STAMP") != 0)
            continue; /* touch or the file system does not support such dates */
        tested++;
        poison(E_NONE);
        EQUAL(rt_file_modified_time(at("dated")), rows[i].seconds);
        if (rows[i].seconds == -1)
            EQUAL(rt_last_error(), E_NONE); /* the value is genuine */
    }
    CHECK(tested > 0);
}

static void locks(void)
{
    const char *path = at("lock");
    int64_t fd = rt_file_lock(path);
    CHECK(fd >= 0 && rt_file_exists(path));
    FAILS(rt_file_lock(path), -1, E_AGAIN);                /* in this process */
    EQUAL(again("lock", path), E_AGAIN);                   /* and in another */
    CHECK(is(rt_file_read_text(path), ""));                /* opening and closing the file again */
    CHECK(rt_file_append_text(path, "kept"));
    EQUAL(again("lock", path), E_AGAIN);                   /* keeps the lock */
    struct line number = {0};
    add_number(&number, fd);
    rt_env_set("FD", number.text);
    CHECK(sh("test ! -e /proc/self/fd/$FD") == 0);         /* children do not inherit it */
    EQUAL(again("error of unlocking", number.text), E_BADF);
    CHECK(rt_file_unlock(fd));
    EQUAL(again("lock", path), 0);
    FAILS(rt_file_unlock(fd), false, E_BADF);
    CHECK(is(rt_file_read_text(path), "kept"));            /* locking does not truncate the file */

    static const int64_t none[] = {-1, -2, INT64_C(1) << 40, INT_MAX_ - 7, INT_MAX_, INT_MAX_ + 1, -INT_MAX_ - 1, INT64_MAX, INT64_MIN};
    for (size_t i = 0; i < COUNT(none); i++)
        FAILS(rt_file_unlock(none[i]), false, E_BADF);
    CHECK((fd = rt_file_lock(path)) >= 0);
    FAILS(rt_file_unlock(fd + (INT64_C(1) << 32)), false, E_BADF); /* the number is not truncated */
    FAILS(rt_file_unlock(fd - (INT64_C(1) << 32)), false, E_BADF);
    FAILS(rt_file_lock(path), -1, E_AGAIN);

    /* A file that replaces the locked one is another file, and so is one that is created after a removal. */
    CHECK(sh("printf new > \"$D/new\"; mv \"$D/new\" \"$D/lock\"") == 0);
    int64_t second = rt_file_lock(path);
    CHECK(second >= 0 && second != fd);
    EQUAL(again("lock", path), E_AGAIN);
    CHECK(rt_file_unlock(fd));
    EQUAL(again("lock", path), E_AGAIN);
    CHECK(rt_file_remove(path));
    int64_t third = rt_file_lock(path);
    CHECK(third >= 0);
    CHECK(rt_file_unlock(second) && rt_file_unlock(third));
    /* A lock ends with its process, and a link leads to the same lock. */
    EQUAL(again("lock and leave", path), 0);
    CHECK((fd = rt_file_lock(path)) >= 0);
    CHECK(sh("ln -s lock \"$D/lock link\"") == 0);
    FAILS(rt_file_lock(at("lock link")), -1, E_AGAIN);
    CHECK(rt_file_unlock(fd));
}

/* Locks that wait, and locks that readers share. */
static void waiting_locks(void)
{
    const char *path = at("waiting");
    int64_t fd = rt_file_lock_timeout(path, -1);
    CHECK(fd >= 0 && rt_file_exists(path));
    FAILS(rt_file_lock_timeout(path, 0), -1, E_AGAIN);
    FAILS(rt_file_lock_timeout(path, 5), -1, E_TIMEDOUT);
    FAILS(rt_file_lock_shared(path, 0), -1, E_AGAIN);
    FAILS(rt_file_lock_shared(path, 5), -1, E_TIMEDOUT);
    EQUAL(again("lock", path), E_AGAIN);
    CHECK(rt_file_unlock(fd));

    int64_t first = rt_file_lock_shared(path, -1), second = rt_file_lock_shared(path, 0);
    CHECK(first >= 0 && second >= 0 && first != second);
    FAILS(rt_file_lock_timeout(path, 1), -1, E_TIMEDOUT);
    EQUAL(again("lock", path), E_AGAIN);
    CHECK(rt_file_unlock(first));
    FAILS(rt_file_lock(path), -1, E_AGAIN);
    CHECK(rt_file_unlock(second));
    EQUAL(again("lock", path), 0);
    CHECK((fd = rt_file_lock_timeout(path, INT64_MAX)) >= 0 && rt_file_unlock(fd));
    FAILS(rt_file_lock_timeout(at("missing/lock"), -1), -1, E_NOENT);
    FAILS(rt_file_lock_shared(at("missing/lock"), 1000), -1, E_NOENT);
}

/* Maps a part of a file, compares it, and unmaps it. */
static bool maps(const char *path, int64_t offset, size_t len, uint32_t access, const char *expected)
{
    size_t mapped = 12345;
    char *part = rt_file_mmap(path, offset, len, access, &mapped);
    bool is_right = part != NULL && mapped == length(expected) && same_bytes(part, expected, mapped);
    return part != NULL && rt_file_munmap(part, mapped) && is_right;
}

static void mappings(void)
{
    const char *path = at("mapped");
    CHECK(rt_file_write_text(path, "0123456789"));
    for (uint32_t access = 0; access < 3; access++) {
        CHECK(maps(path, 0, 0, access, "0123456789"));
        CHECK(maps(path, 3, 0, access, "3456789"));
        CHECK(maps(path, 3, 4, access, "3456"));
        CHECK(maps(path, 10, 0, access, ""));
    }
    size_t mapped = 0;
    FAILS(rt_file_mmap(path, 11, 0, 0, &mapped), NULL, E_INVAL);
    FAILS(rt_file_mmap(path, 5, 6, 0, &mapped), NULL, E_INVAL);
    FAILS(rt_file_mmap(path, -1, 0, 0, &mapped), NULL, E_INVAL);
    FAILS(rt_file_mmap(path, 0, SIZE_MAX, 0, &mapped), NULL, E_INVAL);
    FAILS(rt_file_mmap(path, 0, 0, 3, &mapped), NULL, E_INVAL);
    FAILS(rt_file_mmap(path, 0, 0, 0, NULL), NULL, E_FAULT);
    FAILS(rt_file_mmap(at("missing"), 0, 0, 0, &mapped), NULL, E_NOENT);
    FAILS(rt_file_mmap(directory, 0, 0, 0, &mapped), NULL, E_NODEV);

    /* Only what is written to a shared mapping reaches the file. */
    char *copy = rt_file_mmap(path, 1, 2, 2, &mapped);
    CHECK(copy != NULL && mapped == 2);
    copy[0] = 'c';
    CHECK(rt_file_msync(copy, 2, true) && is(rt_file_read_text(path), "0123456789"));
    char *shared = rt_file_mmap(path, 8, 0, 1, &mapped);
    CHECK(shared != NULL && mapped == 2);
    shared[0] = 's';
    CHECK(rt_file_msync(shared, 2, false) && rt_file_msync(shared, 2, true));
    CHECK(is(rt_file_read_text(path), "01234567s9"));
    for (int32_t advice = 0; advice <= 4; advice++)
        CHECK(rt_file_madvise(copy, 2, advice) || without("madvise")); /* no page lies inside */
    CHECK(copy[0] == 'c' && shared[0] == 's');
    FAILS(rt_file_madvise(copy, 2, 5), false, E_INVAL);
    FAILS(rt_file_madvise(copy, 2, -1), false, E_INVAL);
    FAILS(rt_file_madvise(NULL, 2, 0), false, E_FAULT);
    FAILS(rt_file_msync(NULL, 2, true), false, E_FAULT);
    FAILS(rt_file_munmap(NULL, 2), false, E_FAULT);
    CHECK(rt_file_munmap(copy, 2) && rt_file_munmap(shared, 2));

    /* A file without bytes has an address. */
    CHECK(rt_file_write_text(at("empty"), ""));
    /* qemu refuses to map it where its pages are larger than those of this machine. */
    CHECK(!is(rt_env_get("QEMU_PAGESIZE"), "") || (maps(at("empty"), 0, 0, 0, "") && maps(at("empty"), 0, 0, 1, "")));
    FAILS(rt_file_mmap(at("empty"), 0, 1, 0, &mapped), NULL, E_INVAL);
}

/* Returns whether a list is aligned, ends with NULL, and has its entries in the same block without overlap. */
static bool is_list(char **list, size_t count)
{
    if (list == NULL || rt_len(list) != count || list[count] != NULL || (uintptr_t)list % 8 != 0)
        return false;
    size_t bytes = 0;
    uintptr_t lowest = UINTPTR_MAX, highest = 0;
    for (size_t i = 0; i < count; i++) {
        if (list[i] == NULL)
            return false;
        uintptr_t begin = (uintptr_t)list[i], end = begin + length(list[i]) + 1;
        bytes += end - begin;
        lowest = begin < lowest ? begin : lowest;
        highest = end > highest ? end : highest;
    }
    uintptr_t behind_array = (uintptr_t)(list + count + 1);
    return count == 0 || (lowest >= behind_array && highest - behind_array >= bytes && highest - behind_array <= bytes + 16 * count);
}

static bool contains(char **list, const char *name)
{
    for (; *list != NULL; list++)
        if (same(*list, name))
            return true;
    return false;
}

static void directories(void)
{
    CHECK(rt_dir_create(at("tree"), false));
    CHECK(rt_dir_create(at("tree"), true));
    CHECK(rt_dir_create(at("tree/a//b/./c/../d/"), true) && rt_file_exists(at("tree/a/b/d")) && rt_file_exists(at("tree/a/b/c")));
    CHECK(rt_dir_create("/", true));
    CHECK(rt_dir_create(".", true));
    FAILS(rt_dir_create("/", false), false, E_EXIST);
    CHECK(sh("m=$(printf %o $((0777 & ~0$(umask)))); test $(stat -c %a \"$D/tree/a\") = $m") == 0);

    char **list = rt_dir_list(at("tree/a/b/c"));
    CHECK(is_list(list, 0) && list[0] == NULL);
    rt_free(list);

    static const char *const names[] = {"plain", "with space", "new\nline", "\xff\xfe not text", "-n", "...", ".hidden", "*", "ümlaut"};
    for (size_t i = 0; i < COUNT(names); i++) {
        struct line name = {0};
        add(&name, "tree/");
        add(&name, names[i]);
        CHECK(rt_file_write_text(at(name.text), names[i]));
    }
    list = rt_dir_list(at("tree"));
    CHECK(is_list(list, COUNT(names) + 1));
    for (size_t i = 0; list != NULL && i < COUNT(names); i++)
        CHECK(contains(list, names[i]));
    CHECK(list != NULL && contains(list, "a") && !contains(list, ".") && !contains(list, ".."));
    rt_free(list);

    /* Names of every length, so that they begin at every offset; and many, so that they take several calls. */
    CHECK(sh("mkdir \"$D/lengths\"; cd \"$D/lengths\"; n=; for i in $(seq 255); do n=${n}n; : > $n; done") == 0);
    list = rt_dir_list(at("lengths"));
    CHECK(is_list(list, 255));
    bool seen[256] = {0};
    for (char **name = list; list != NULL && *name != NULL; name++)
        seen[length(*name)] = true;
    for (size_t i = 1; i < 256; i++)
        CHECK(seen[i]);
    rt_free(list);
    CHECK(sh("mkdir \"$D/many\"; cd \"$D/many\"; seq 5000 | sed 's/^/a name that is not so short /' | tr '\\n' '\\0' | xargs -0 touch") == 0);
    list = rt_dir_list(at("many"));
    CHECK(is_list(list, 5000));
    CHECK(list != NULL && contains(list, "a name that is not so short 1") && contains(list, "a name that is not so short 5000"));
    rt_free(list);
}

static void environment(char **envp)
{
    /* The library returns the variables that main was given. */
    for (char **entry = envp; *entry != NULL; entry++) {
        static char name[1 << 16];
        size_t n = 0;
        while ((*entry)[n] && (*entry)[n] != '=' && n < sizeof name - 1) {
            name[n] = (*entry)[n];
            n++;
        }
        name[n] = 0;
        if ((*entry)[n] == '=' && n > 0)
            CHECK(is(rt_env_get(name), *entry + n + 1));
    }
}

static void more_environment(void)
{
    FAILS_EMPTY(rt_env_get("RT_UNSET"), E_NOENT);
    FAILS_EMPTY(rt_env_get(""), E_NOENT);
    FAILS_EMPTY(rt_env_get("A=B"), E_NOENT);
    CHECK(rt_env_set("RT_A", "1") && is(rt_env_get("RT_A"), "1"));
    CHECK(rt_env_set("RT_A", "another, longer") && is(rt_env_get("RT_A"), "another, longer"));
    FAILS_EMPTY(rt_env_get("RT_"), E_NOENT);  /* a prefix of a name is another name */
    FAILS_EMPTY(rt_env_get("RT_A="), E_NOENT);
    FAILS_EMPTY(rt_env_get("RT_AB"), E_NOENT);
    CHECK(rt_env_set("RT_A", ""));
    FAILS_EMPTY(rt_env_get("RT_A"), E_NONE);  /* set, and empty */
    CHECK(rt_env_set("RT_A", "=a=b=") && is(rt_env_get("RT_A"), "=a=b="));
    CHECK(rt_env_set("RT \xff\n", "\xfe\n") && is(rt_env_get("RT \xff\n"), "\xfe\n"));
    CHECK(rt_env_set("RT_LONG", many('v', 1 << 20)) && is(rt_env_get("RT_LONG"), many('v', 1 << 20)) && rt_env_set("RT_LONG", ""));
    FAILS(rt_env_set("", "x"), false, E_INVAL);
    FAILS(rt_env_set("=", "x"), false, E_INVAL);
    FAILS(rt_env_set("=A", "x"), false, E_INVAL);
    FAILS(rt_env_set("RT_A=", "x"), false, E_INVAL);
    FAILS(rt_env_set("RT_A=B", "x"), false, E_INVAL);
    CHECK(is(rt_env_get("RT_A"), "=a=b="));

    /* Children get it, and every other variable. */
    CHECK(sh("test \"$RT_A\" = '=a=b=' && test -n \"$D\" && test \"${RT_LONG+set}${RT_LONG}\" = set") == 0);
    for (int round = 0; round < 2; round++)
        for (int i = 0; i < 500; i++) {
            struct line name = {0}, value = {0};
            add(&name, "RT_N");
            add_number(&name, i);
            add_number(&value, i * 7);
            if (round == 0)
                CHECK(rt_env_set(name.text, value.text));
            else
                CHECK(is(rt_env_get(name.text), value.text));
        }
    CHECK(sh("test $(env | grep -c '^RT_N[0-9]') = 500 && test $RT_N499 = 3493") == 0);
    CHECK(sh("test $(env | grep -c '^RT_A=') = 1") == 0);
    /* A child's changes are its own. */
    CHECK(sh("RT_A=changed; export RT_A") == 0 && is(rt_env_get("RT_A"), "=a=b="));
}

static void home_and_cwd(void)
{
    char *before = rt_env_get("HOME");
    CHECK(rt_env_set("HOME", "/of/mine") && is(rt_env_home(), "/of/mine"));
    CHECK(rt_env_set("HOME", "/") && is(rt_env_home(), "/"));
    char *known = output_of("awk -F: -v u=$(id -u) '$3 == u { print $6; exit }' /etc/passwd");
    static const char *const useless[] = {"", "relative", "./x"};
    for (size_t i = 0; known != NULL && i < COUNT(useless); i++) {
        CHECK(rt_env_set("HOME", useless[i]));
        if (rt_len(known) > 0)
            CHECK(is(rt_env_home(), known));
        else
            FAILS_EMPTY(rt_env_home(), E_NOENT);
    }
    rt_free(known);
    CHECK(sh("env -u HOME \"$SELF\" 'home without HOME' x") == 0);
    CHECK(rt_env_set("HOME", before));
    rt_free(before);

    char *cwd = output_of("pwd -P");
    CHECK(cwd != NULL && is(rt_env_cwd(), cwd));
    rt_free(cwd);
    CHECK(sh("cd / && exec \"$SELF\" 'cwd is' /") == 0);
    CHECK(sh("mkdir \"$D/gone\" && cd \"$D/gone\" && rmdir \"$D/gone\" && exec \"$SELF\" 'cwd is gone' x") == 0);
}

static void process_codes(void)
{
    /* A selection, since a program takes long to start. The Rust tests try every code. */
    for (int code = 0; code < 256; code++) {
        if (code % 15 != 0 && code != 126 && code != 127)
            continue;
        struct line number = {0};
        add_number(&number, code);
        poison(E_NONE);
        EQUAL(again(code % 2 ? "exit" : "return", number.text), code);
        calls[N_rt_exit] += (unsigned)code % 2; /* in the child */
        if (code == 126 || code == 127)
            EQUAL(rt_last_error(), E_NONE); /* the child's own */
    }
    /* The low 8 bits count. */
    static const char *const larger[][2] = {{"256", "0"}, {"257", "1"}, {"-1", "255"}, {"-256", "0"}, {"2147483647", "255"}};
    for (size_t i = 0; i < COUNT(larger); i++)
        EQUAL(again("exit", larger[i][0]), number_in(larger[i][1]));
    static const int signals[] = {1, 2, 3, 6, 8, 9, 11, 13, 14, 15, 24};
    for (size_t i = 0; i < COUNT(signals); i++) {
        struct line script = {0};
        add(&script, "ulimit -c 0; kill -");
        add_number(&script, signals[i]);
        add(&script, " $$");
        EQUAL(sh(script.text), 128 + signals[i]);
    }
}

/* Returns whether valgrind runs this program. valgrind ends a process whose execve(2) fails unexpectedly. */
static bool under_valgrind(const char *what)
{
    bool is_it = is(rt_env_get("FFI_SYSCALLS_EMULATED"), "valgrind");
    if (is_it) {
        const char *const said[] = {"NOT IN AN EMULATOR: ", what, "\n"};
        for (size_t i = 0; i < COUNT(said); i++)
            rt_print(said[i]);
    }
    return is_it;
}

/* Runs that start no program: the code and the error. */
static void process_refusals(void)
{
    CHECK(rt_file_write_text(at("not executable"), "#!/bin/sh\nexit 0\n"));
    CHECK(rt_file_write_text(at("no interpreter"), "#!/no/such/interpreter\n"));
    CHECK(rt_file_write_text(at("script"), "printf '%s|' \"$@\" > \"$D/got\"; exit 9\n"));
    CHECK(rt_file_write_text(at("broken"), "#!"));
    CHECK(sh("cd \"$D\"; chmod +x 'no interpreter' script broken; ln -s nothing 'dangling command'; ln -s 'looping command' 'looping command'; mkdir 'a directory'") == 0);
    const struct {
        const char *command;
        int code, error;
    } rows[] = {
        {"", 127, E_NOENT},
        {"/no/such/command", 127, E_NOENT},
        {at("no/such/command"), 127, E_NOENT},
        {at("not executable/command"), 127, E_NOTDIR},
        {at("dangling command"), 127, E_NOENT},
        {at("looping command"), 127, E_LOOP},
        {many('c', 300), 127, E_NAMETOOLONG},
        {at("not executable"), 126, E_ACCES},
        {at("a directory"), 126, E_ACCES},
        {at("no interpreter"), 126, E_NOENT}, /* only the kernel detects those below */
    };
    bool is_known = !under_valgrind("a script whose interpreter is missing, and arguments that are too large");
    for (size_t i = 0; i < COUNT(rows) - !is_known; i++) {
        poison(rows[i].error);
        int32_t code = run(rows[i].command);
        failed_at(code == rows[i].code, rt_last_error(), rows[i].error, __FILE__, __LINE__, rows[i].command);
    }
    /* An argument larger than any kernel accepts: the command was found, and could not be executed. */
    const char *const huge[] = {many('a', 1 << 20)};
    if (is_known)
        FAILS(rt_process_run("true", huge, 1), 126, E_2BIG);
    /* A program that is open for writing. */
    EQUAL(sh("cp /bin/true \"$D/busy\"; exec 9>> \"$D/busy\"; exec \"$SELF\" 'error of running' \"$D/busy\""), E_TXTBSY);
}

/* Runs with options. */
static void process_options(void)
{
    const char *const script[] = {"-c", "cat; pwd; echo \"$A\" >&2; exit 7"}, *const echo[] = {"a", "b"};
    const char *const environment[] = {"A=1", "PATH=/usr/bin:/bin", NULL};
    struct {
        rt_process_options known;
        char unknown[8];
    } options = {{.size = sizeof(rt_process_options), .flags = RT_PROCESS_CAPTURE_OUT | RT_PROCESS_CAPTURE_ERR}, {0}};
    rt_process_result result = {.size = sizeof result};
    options.known.cwd = "/";
    options.known.env = environment;
    options.known.input = "in\0put\n";
    options.known.input_len = 7;
    CHECK(rt_process_run_with("sh", script, 2, &options.known, &result));
    EQUAL(result.code, 7);
    EQUAL(result.flags, 0);
    CHECK(is_text(result.out, "in\0put\n/\n", 9));
    CHECK(is_text(result.err, "1\n", 2));
    options.known.max_output = 2;
    options.known.flags = RT_PROCESS_CAPTURE_OUT;
    CHECK(rt_process_run_with("sh", script, 2, &options.known, &result));
    EQUAL(result.flags, RT_PROCESS_TRUNCATED);
    CHECK(is_text(result.out, "in", 2) && result.err == NULL);

    /* The time is over. */
    const char *const sleep[] = {"100"};
    rt_process_options limited = {.size = sizeof limited, .timeout_ms = 20, .grace_ms = -1};
    CHECK(rt_process_run_with("sleep", sleep, 1, &limited, &result));
    EQUAL(result.code, 124);
    EQUAL(result.flags, RT_PROCESS_TIMED_OUT);

    /* A program that does not start, and failures, after which the result is zeroes. */
    poison(E_NOENT);
    CHECK(rt_process_run_with("/no/such/command", NULL, 0, NULL, &result) && result.code == 127);
    EQUAL(rt_last_error(), E_NOENT);
    limited.cwd = "/no/such/directory";
    FAILS(rt_process_run_with("true", NULL, 0, &limited, &result), false, E_NOENT);
    CHECK(result.code == 0 && result.flags == 0 && result.out == NULL && result.err == NULL);
    FAILS(rt_process_run_with("true", NULL, 0, NULL, NULL), false, E_FAULT);
    FAILS(rt_process_run_with(NULL, NULL, 0, NULL, &result), false, E_FAULT);
    result.size = 0;
    FAILS(rt_process_run_with("true", NULL, 0, NULL, &result), false, E_INVAL);
    result.size = sizeof result;
    limited.cwd = NULL;
    limited.flags = 1 << 20;
    FAILS(rt_process_run_with("true", NULL, 0, &limited, &result), false, E_INVAL);
    limited.flags = 0;
    limited.size = 0;
    FAILS(rt_process_run_with("true", NULL, 0, &limited, &result), false, E_INVAL);
    limited.size = offsetof(rt_process_options, timeout_ms); /* of an older caller */
    limited.timeout_ms = 1;
    CHECK(rt_process_run_with("sleep", (const char *const[]){"0.1"}, 1, &limited, &result) && result.code == 0);
    limited.size = sizeof limited;
    limited.input_len = 1;
    FAILS(rt_process_run_with("true", NULL, 0, &limited, &result), false, E_FAULT);
    options.known.size = sizeof options;
    options.known.flags = 0;
    CHECK(rt_process_run_with("true", NULL, 0, &options.known, &result) && result.code == 0);
    options.unknown[7] = 1;
    FAILS(rt_process_run_with("true", NULL, 0, &options.known, &result), false, E_2BIG);

    CHECK(is_text(rt_process_output("echo", echo, 2), "a b\n", 4));
    FAILS(rt_process_output("/no/such/command", NULL, 0), NULL, E_NOENT);
    EQUAL(rt_shell("exit 5"), 5);
    EQUAL(rt_shell("-no-such-command 2> \"$D/output\""), 127);
    EQUAL(rt_process_exec("/no/such/command", NULL, 0), 127);
}

/* Children that are waited for later. */
static void process_children(void)
{
    const char *const sleep[] = {"100"}, *const script[] = {"-c", "exit 7"};
    rt_process_options options = {.size = sizeof options, .timeout_ms = 1};
    int64_t pid = rt_process_spawn("sleep", sleep, 1, NULL);
    CHECK(pid > 0);
    CHECK(rt_process_is_running(pid));
    EQUAL(rt_process_wait(pid, 0), -1);
    EQUAL(rt_process_wait(pid, 5), -1);
    CHECK(rt_process_kill(pid, 9));
    /* The kernel keeps no code for a caller that ignores SIGCHLD. */
    EQUAL(rt_process_wait(pid, -1), without("sigchld") ? -1 : 128 + 9);
    poison(E_CHILD);
    EQUAL(rt_process_wait(pid, -1), -1);
    EQUAL(rt_last_error(), E_CHILD);
    EQUAL(rt_process_wait(rt_process_spawn("sh", script, 2, NULL), 60000), without("sigchld") ? -1 : 7);
    FAILS(rt_process_is_running(pid), false, E_CHILD);
    FAILS(rt_process_spawn("/no/such/command", NULL, 0, NULL), -1, E_NOENT);
    FAILS(rt_process_spawn("true", NULL, 0, &options), -1, E_INVAL);
    FAILS(rt_process_wait(0, 0), -1, E_INVAL);
    FAILS(rt_process_wait(INT64_MAX, -1), -1, E_CHILD);
    FAILS(rt_process_is_running(-1), false, E_INVAL);
    FAILS(rt_process_kill(0, 0), false, E_INVAL);
    FAILS(rt_process_kill(INT64_MIN, 9), false, E_INVAL);
}

static void processes(void)
{
    process_options();
    process_children();
    EQUAL(run("true"), 0);
    EQUAL(run("false"), 1);

    /* The arguments arrive unchanged, as many as were counted, after the command's name. */
    const char *arguments[] = {"-c", "printf '%s|' \"$0\" \"$@\" > \"$D/got\"", "a b", "", "x\ny", "\xff*", "not counted"};
    EQUAL(rt_process_run("sh", arguments, 6), 0);
    CHECK(is(rt_file_read_text(at("got")), "a b||x\ny|\xff*|"));
    if (!without("proc")) {
        arguments[1] = "tr '\\0' '|' < /proc/$$/cmdline > \"$D/got\"";
        EQUAL(rt_process_run("sh", arguments, 6), 0);
        CHECK(is(rt_file_read_text(at("got")), "sh|-c|tr '\\0' '|' < /proc/$$/cmdline > \"$D/got\"|a b||x\ny|\xff*|"));
    }
    /* Two thousand arguments: after the script come $0, 1998 others, and the last. */
    const char *thousands[2002] = {"-c", "test $# = 1999 && shift 1998 && test $1 = last"};
    for (size_t i = 2; i < COUNT(thousands); i++)
        thousands[i] = i + 1 < COUNT(thousands) ? "argument" : "last";
    EQUAL(rt_process_run("sh", thousands, COUNT(thousands)), 0);

    /* The shell runs a script without "#!", with its arguments. */
    static const char *const two[] = {"one", "two words"};
    EQUAL(rt_process_run(at("script"), two, 2), 9);
    CHECK(is(rt_file_read_text(at("got")), "one|two words|"));

    /* The child has the caller's working directory. */
    char *cwd = output_of("pwd -P");
    char *again_cwd = rt_env_cwd();
    CHECK(cwd != NULL && again_cwd != NULL && same(cwd, again_cwd));
    rt_free(cwd);
    rt_free(again_cwd);

    /* The search uses PATH of the library's environment. */
    CHECK(sh("cd \"$D\"; mkdir p1 p2 p3; printf 'exit 11' > p1/cmd; printf 'exit 12' > p2/cmd; printf 'exit 13' > p3/cmd; printf 'exit 14' > cmd;"
             "chmod 644 p1/cmd; chmod 755 p2/cmd p3/cmd cmd; printf 'exit 15' > p1/unexecutable; printf '#!/no/such' > p3/orphan; chmod 755 p3/orphan;"
             "mkdir p1/sub p1/adir; printf 'exit 16' > p1/sub/cmd; chmod 755 p1/sub/cmd") == 0);
    char *path_before = rt_env_get("PATH");
    const struct {
        const char *path, *command;
        int code, error; /* not checked for codes of the child's own */
    } rows[] = {
        {"p2:p3", "cmd", 12, 0},
        {"p3:p2", "cmd", 13, 0},
        {"p1:p2", "cmd", 12, 0},           /* a file without execute permission does not end the search */
        {"no:cmd:p3", "cmd", 13, 0},       /* nor does an entry that is not a directory */
        {"", "cmd", 14, 0},                /* an empty entry is the working directory */
        {":p2", "cmd", 14, 0},
        {"p2:", "cmd", 12, 0},
        {"p1::p3", "cmd", 14, 0},
        {"p1:", "cmd", 14, 0},
        {"p2", "sub/cmd", 127, E_NOENT},   /* a slash: no search */
        {"p2", "p1/sub/cmd", 16, 0},
        {"p1", "cmd", 126, E_ACCES},
        {"p1:no", "cmd", 126, E_ACCES},
        {"no:p1:no", "unexecutable", 126, E_ACCES},
        {"p1", "adir", 126, E_ACCES},
        {"p2:p1", "nothing", 127, E_NOENT},
        {"no", "cmd", 127, E_NOENT},
        {"no:cmd", "nothing", 127, E_NOTDIR}, /* the last of several errors: see execvp(3) */
        {"p1:p3", "orphan", 126, E_NOENT}, /* found; its interpreter is missing */
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        /* Relative directories need another working directory: a child's. */
        rt_env_set("SEARCH", rows[i].path);
        rt_env_set("COMMAND", rows[i].command);
        const char *here = "cd \"$D\"; PATH=$SEARCH exec \"$SELF\" \"$WHAT\" \"$COMMAND\"";
        rt_env_set("WHAT", "code of running");
        bool ok = EQUAL(sh(here), rows[i].code);
        rt_env_set("WHAT", "error of running");
        if (rows[i].error)
            ok &= EQUAL(sh(here), rows[i].error);
        if (!ok) {
            struct line note = {0};
            add(&note, "    the above with PATH=");
            add(&note, rows[i].path);
            add(&note, " and the command ");
            add(&note, rows[i].command);
            add(&note, "\n");
            report(note.text);
        }
    }
    /* A change of PATH takes effect immediately. */
    CHECK(rt_env_set("PATH", at("p3")));
    EQUAL(run("cmd"), 13);
    FAILS(run("true"), 127, E_NOENT);
    static char long_path[6001 + 4096]; /* an entry that is too long for a path is skipped */
    struct line tail = {0};
    add(&tail, ":");
    add(&tail, at("p3"));
    for (size_t i = 0; i < 6000; i++)
        long_path[i] = 'l';
    for (size_t i = 0; i <= tail.used; i++)
        long_path[6000 + i] = tail.text[i];
    CHECK(rt_env_set("PATH", long_path));
    EQUAL(run("cmd"), 13);
    CHECK(rt_env_set("PATH", path_before));
    rt_free(path_before);
    CHECK(sh("exec env -u PATH \"$SELF\" 'code of running' true") == 0);
}

static void system_facts(void)
{
    /* With SIGCHLD ignored there is a supervisor between caller and child. */
    char *pid = output_of(!without("sigchld") ? "echo $PPID" : "cut -d ' ' -f 4 /proc/$PPID/stat");
    EQUAL(rt_getpid(), number_in(pid ? pid : ""));
    rt_free(pid);
    /* The affinity mask counts; without it the list of processors; without the list the result is 1. */
    char *count = output_of(!without("sched_getaffinity") ? "env -u OMP_NUM_THREADS -u OMP_THREAD_LIMIT nproc" : "test -e /proc/stat && grep -c '^cpu[0-9]' /proc/stat || echo 1");
    int64_t usable = number_in(count ? count : "");
    rt_free(count);
    CHECK(rt_system_cpu_count() >= 1 && rt_system_cpu_count() <= usable);
    if (without("proc") || without("sys"))
        EQUAL(rt_system_cpu_count(), usable); /* quotas cannot be read */
    if (!without("sched_getaffinity") && sh("test -n \"$(command -v taskset)\"") != 0)
        rt_print("CANNOT RUN: fewer processors than there are: no taskset\n");
    else if (!without("sched_getaffinity"))
        CHECK(sh("exec taskset -c $(taskset -cp $$ | sed 's/.*: *//; s/[,-].*//') \"$SELF\" 'one processor' x") == 0);
    char *name = output_of("uname -n");
    CHECK(name != NULL && is(rt_hostname(), name));
    rt_free(name);
}

static void error_texts(void)
{
    static const struct {
        int number;
        const char *text;
    } rows[] = {
        {0, "OK: Success"}, {E_PERM, "EPERM: Operation not permitted"}, {E_NOENT, "ENOENT: No such file or directory"}, {E_IO, "EIO: Input/output error"},
        {E_AGAIN, "EAGAIN: Resource temporarily unavailable"}, {E_ACCES, "EACCES: Permission denied"}, {E_FAULT, "EFAULT: Bad address"},
        {E_EXIST, "EEXIST: File exists"}, {E_NOTDIR, "ENOTDIR: Not a directory"}, {E_ISDIR, "EISDIR: Is a directory"},
        {E_INVAL, "EINVAL: Invalid argument"}, {E_NAMETOOLONG, "ENAMETOOLONG: File name too long"}, {E_PIPE, "EPIPE: Broken pipe"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        CHECK(same(rt_error_text(rows[i].number), rows[i].text));
        CHECK(rt_error_text(rows[i].number) == rt_error_text(rows[i].number));
    }
    /* Every number has a text. */
    static const int32_t unknown[] = {-1, -2, 4095, 4096, 100000, INT32_MAX, INT32_MIN, INT32_MIN + 1};
    for (size_t i = 0; i < COUNT(unknown); i++) {
        const char *text = rt_error_text(unknown[i]);
        CHECK(text != NULL && *text != 0 && !same(text, "ENOENT: No such file or directory"));
    }
    CHECK(rt_error_text(0) != NULL && *rt_error_text(0) != 0 && !same(rt_error_text(0), rt_error_text(E_PERM)));
    /* Only known numbers have a name: capitals and digits, before a colon and a space. */
    for (int32_t number = 1; number < 140; number++) {
        const char *text = rt_error_text(number), *end = text;
        while ((*end >= 'A' && *end <= 'Z') || (*end >= '0' && *end <= '9'))
            end++;
        CHECK(text != NULL && ((*text == 'E' && end[0] == ':' && end[1] == ' ' && end[2] != 0) || same(text, rt_error_text(-1))));
    }
}

static void printing(void)
{
    CHECK(rt_print("") && rt_eprint(""));
    EQUAL(sh("\"$SELF\" print 'a text' > \"$D/printed\" 2> \"$D/eprinted\""), 0);
    CHECK(is(rt_file_read_text(at("printed")), "out: a text\n") && is(rt_file_read_text(at("eprinted")), "err: a text\n"));
    EQUAL(sh("exec \"$SELF\" 'print error' x >&-"), E_BADF);
    EQUAL(sh("exec \"$SELF\" 'eprint error' x 2>&-"), E_BADF);
    if (!without("dev"))
        EQUAL(sh("exec \"$SELF\" 'print error' x > /dev/full"), E_NOSPC);
    /* All bytes arrive at a slow reader. */
    EQUAL(sh("test $(\"$SELF\" 'print much' x | (sleep 0.1; wc -c)) = 1048576"), 0);
    /* A process whose standard descriptors are closed can still run children: the library's own pipes take the free
       numbers, and must not reach the child. */
    EQUAL(sh("exec \"$SELF\" 'code of running' false <&- >&- 2>&-"), 1);
    EQUAL(sh("exec \"$SELF\" 'nothing inherited' x <&- >&- 2>&-"), 0);
}

/* Permissions, as a user without privileges. */
static void rights(void)
{
    CHECK(sh("cd \"$D\"; mkdir closed; printf x > closed/in; printf x > secret; printf x > fixed; chmod 000 secret closed; chmod 444 fixed; mkdir still; chmod 555 still") == 0);
    if (sh("cat \"$D/secret\" > \"$D/output\" 2>&1") == 0) {
        report("note: this user has every permission, so no refusal was checked; run as an ordinary user to check them\n");
    } else {
        FAILS(rt_file_read_text(at("secret")), NULL, E_ACCES);
        CHECK(rt_file_exists(at("secret")));
        EQUAL(rt_file_size(at("secret")), 1);
        FAILS(rt_file_exists(at("closed/in")), false, E_ACCES);
        FAILS(rt_file_exists(at("closed/no")), false, E_ACCES);
        FAILS(rt_file_size(at("closed/in")), -1, E_ACCES);
        FAILS(rt_file_modified_time(at("closed/in")), -1, E_ACCES);
        FAILS(rt_file_delete(at("closed/in")), false, E_ACCES);
        FAILS(rt_dir_list(at("closed")), NULL, E_ACCES);
        FAILS(rt_dir_create(at("closed/new"), false), false, E_ACCES);
        FAILS(rt_dir_create(at("closed/new/er"), true), false, E_ACCES);
        FAILS(rt_file_write_text(at("fixed"), "y"), false, E_ACCES);
        FAILS(rt_file_append_text(at("fixed"), "y"), false, E_ACCES);
        FAILS(rt_file_copy(at("secret"), at("from secret")), false, E_ACCES);
        CHECK(!rt_file_exists(at("from secret")));
        FAILS(rt_file_copy(at("file"), at("fixed")), false, E_ACCES);
        FAILS(rt_file_copy(at("file"), at("still/new")), false, E_ACCES);
        FAILS(rt_file_write_text(at("still/new"), "y"), false, E_ACCES);
        FAILS(rt_file_lock(at("still/new")), -1, E_ACCES);
        FAILS(rt_file_lock(at("secret")), -1, E_ACCES);
        int64_t fd = rt_file_lock(at("fixed")); /* a read-only file can be locked */
        CHECK(fd >= 0);
        FAILS(rt_file_lock(at("fixed")), -1, E_AGAIN);
        CHECK(rt_file_unlock(fd));
        /* The search finds no command in a directory of PATH without search permission. */
        char *path_before = rt_env_get("PATH");
        CHECK(rt_env_set("PATH", at("closed")));
        EQUAL(run("rt-no-such-command"), 127);
        CHECK(rt_env_set("PATH", path_before));
        rt_free(path_before);
        CHECK(rt_dir_create(at("still"), true));
        CHECK(is(rt_file_read_text(at("fixed")), "x"));
    }
    CHECK(sh("cd \"$D\"; chmod 755 closed still") == 0);
}

#include "conformance/directories.h"
#include "conformance/environment.h"
#include "conformance/files.h"
#include "conformance/streams.h"
#include "conformance/time.h"

/* The main function of a child that runs this program. Returns its exit code. */
static int in_a_child(const char *what, const char *with)
{
    int64_t number = *with == '-' ? -number_in(with + 1) : number_in(with);
    int code = 0;
    if (lines_in_a_child(what, with, &code))
        return code;
    if (same(what, "exit"))
        rt_exit((int32_t)number);
    if (same(what, "return"))
        return (int)number;
    if (same(what, "lock")) {
        int64_t fd = rt_file_lock(with);
        return fd < 0 ? rt_last_error() : rt_file_unlock(fd) ? 0 : 255;
    }
    if (same(what, "error of unlocking"))
        return rt_file_unlock(number) ? 255 : rt_last_error();
    if (same(what, "read earlylate"))
        return !is(rt_file_read_text(with), "earlylate");
    if (same(what, "read 50000000")) {
        char *text = rt_file_read_text(with);
        size_t n = text != NULL ? rt_len(text) : 0;
        return !(n == 50000000 && text[n] == 0 && is_of_yes(text, n));
    }
    if (same(what, "write through"))
        return !rt_file_write_text(with, "through a pipe");
    if (same(what, "copy to from pipe"))
        return !rt_file_copy(with, at("from pipe"));
    if (same(what, "lock and leave"))
        return rt_file_lock(with) < 0;
    if (same(what, "code of running"))
        return run(with);
    if (same(what, "error of running"))
        return run(with) < 126 ? 255 : rt_last_error();
    if (same(what, "home without HOME")) {
        char *unset = rt_env_get("HOME");
        bool ok = rt_last_error() == E_NOENT && is_empty_text(unset);
        char *passwd = rt_env_home(); /* it is absolute, or empty if unknown */
        ok = ok && (*passwd == '/' || (*passwd == 0 && rt_last_error() == E_NOENT));
        rt_free(passwd);
        return !ok;
    }
    if (same(what, "cwd is"))
        return !is(rt_env_cwd(), with);
    if (same(what, "cwd is gone"))
        return !(rt_env_cwd() == NULL && rt_last_error() == E_NOENT);
    if (same(what, "one processor"))
        return rt_system_cpu_count() != 1;
    if (same(what, "print")) {
        struct line out = {0}, err = {0};
        add(&out, "out: ");
        add(&out, with);
        add(&out, "\n");
        add(&err, "err: ");
        add(&err, with);
        add(&err, "\n");
        return !(rt_print(out.text) && rt_eprint(err.text));
    }
    if (same(what, "print much"))
        return !rt_print(many('m', 1 << 20));
    if (same(what, "print error"))
        return rt_print("x") ? 255 : rt_last_error();
    if (same(what, "eprint error"))
        return rt_eprint("x") ? 255 : rt_last_error();
    if (same(what, "nothing inherited")) {
        /* Except for descriptors of an emulator. */
        struct line free_numbers = {0};
        for (int fd = 0; fd <= 2; fd++) {
            struct line path = {0};
            add(&path, "/proc/self/fd/");
            add_number(&path, fd);
            if (rt_file_exists(path.text))
                continue;
            add_number(&free_numbers, fd);
            add(&free_numbers, " ");
        }
        if (!rt_env_set("FREE", free_numbers.text))
            return 2;
        if (without("proc")) /* no emulator runs there */
            return sh("for fd in 0 1 2; do \"$SELF\" 'error of unlocking' $fd; test $? = 9 || exit 1; done");
        return sh("for fd in $FREE; do test ! -e /proc/$$/fd/$fd || exit 1; done");
    }
    return 254;
}

/* Reports how often each function was called, and checks that all were. */
static void call_counts(void)
{
    struct line line = {0};
    unsigned operations = 0, support = 0;
    for (size_t i = 0; i < FUNCTION_COUNT; i++) {
        if (calls[i] > 0)
            *(i < OPERATION_COUNT ? &operations : &support) += 1;
        add(&line, function_names[i]);
        add(&line, " ");
        add_number(&line, calls[i]);
        add(&line, i + 1 < FUNCTION_COUNT ? ", " : "\n");
    }
    EQUAL(operations, OPERATION_COUNT);
    EQUAL(support, FUNCTION_COUNT - OPERATION_COUNT);
    struct line first = {0};
    add(&first, "called: ");
    add_number(&first, operations);
    add(&first, " operations and ");
    add_number(&first, support);
    add(&first, " support functions: ");
    report(first.text);
    report(line.text);
}

int main(int argc, char **argv, char **envp)
{
    look_around(envp);
    self = argv[0];
    if (argc == 3) {
        directory = rt_env_get("D");
        return in_a_child(argv[1], argv[2]);
    }
    if (argc != 2) {
        rt_eprint("usage: conformance DIRECTORY (which must not exist)\n");
        return 2;
    }
    directory = argv[1];
    if (!rt_dir_create(directory, false)) {
        rt_eprint("conformance: cannot make the directory: ");
        rt_eprint(rt_error_text(rt_last_error()));
        rt_eprint("\n");
        return 2;
    }
    CHECK(argv[argc] == NULL);
    EQUAL(rt_file_exists("/proc"), !without("proc"));
    EQUAL(rt_file_exists("/sys"), !without("sys"));
    EQUAL(rt_file_exists("/dev"), !without("dev"));
    environment(envp); /* first, while the environment is the original one */
    CHECK(rt_env_set("D", directory));
    CHECK(rt_env_set("SELF", self));
    null_pointers();
    paths();
    contents();
    more_about_files();
    sizes();
    copies();
    times();
    locks();
    waiting_locks();
    mappings();
    directories();
    more_environment();
    home_and_cwd();
    process_codes();
    process_refusals();
    processes();
    system_facts();
    error_texts();
    printing();
    rights();
    bytes_of_files();
    replacements();
    names_of_files();
    paths_as_texts();
    trees();
    variables();
    working_directory();
    program(argc, argv);
    user_directories();
    calendar();
    clocks();
    lines();
    more_system_facts();
    const char *const everything[] = {"-rf", directory};
    EQUAL(rt_process_run("rm", everything, 2), 0);
    FAILS(rt_file_exists(directory), false, E_NOENT);
    call_counts();
    return verdict();
}
