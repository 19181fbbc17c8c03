/*
 * Calls the library on file systems that are full, read-only, deep or large, and on files that other threads change
 * during a call.
 *
 *     hostile PART DIRECTORY    the directory must not exist
 *
 * The libc is the oracle. Helper threads make the changes, through the libc alone.
 */
#define _GNU_SOURCE
#include "check.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

static const char *directory;

static const char *at(const char *name)
{
    static _Thread_local char paths[16][8192];
    static _Thread_local unsigned next;
    char *path = paths[next++ % COUNT(paths)];
    snprintf(path, sizeof paths[0], "%s/%s", directory, name);
    return path;
}

/* Stops the program if the setup fails: the checks would show nothing. */
static void must(bool ok, const char *what)
{
    if (ok)
        return;
    fprintf(stderr, "hostile: %s: %s\n", what, strerror(errno));
    exit(2);
}

/* A text of this length in which no two positions look alike. */
static const char *pattern(size_t n)
{
    static char text[(1 << 20) + 1];
    static size_t made;
    for (; made < sizeof text - 1; made++)
        text[made] = (char)('a' + (made * 2654435761u >> 16) % 26);
    static _Thread_local char copy[sizeof text];
    memcpy(copy, text, n);
    copy[n] = 0;
    return copy;
}

static bool is_pattern(const char *text, size_t n)
{
    return text != NULL && n <= (1 << 20) && memcmp(text, pattern(n), n) == 0 && text[n] == 0;
}

/* Returns whether the file consists of this many bytes of the pattern. */
static bool has(const char *path, size_t n)
{
    char *text = rt_file_read_text(path);
    bool ok = text != NULL && rt_len(text) == n && is_pattern(text, n);
    rt_free(text);
    return ok;
}

static int32_t sh(const char *script)
{
    const char *const arguments[] = {"-c", script};
    return rt_process_run("sh", arguments, 2);
}

static size_t open_descriptors(void)
{
    size_t count = 0;
    for (int fd = 0; fd < 1024; fd++)
        count += fcntl(fd, F_GETFD) >= 0;
    return count;
}

/* Full file systems. */

/* Fills the file system up to this many pages. */
static void fill(size_t leave)
{
    static char page[4096] = "x";
    int fd = open(at("fill"), O_WRONLY | O_CREAT | O_APPEND, 0600);
    must(fd >= 0, "fill");
    while (write(fd, page, sizeof page) > 0)
        continue;
    must(errno == ENOSPC, "a file system that can be full");
    struct stat stat;
    must(fstat(fd, &stat) == 0 && ftruncate(fd, stat.st_size / 4096 * 4096 - (off_t)leave * 4096) == 0, "make room");
    close(fd);
}

/* Creates files until no inode is left. */
static void take_all_names(void)
{
    for (int i = 0;; i++) {
        char name[32];
        snprintf(name, sizeof name, "name %d", i);
        int fd = open(at(name), O_WRONLY | O_CREAT, 0600);
        if (fd < 0)
            break;
        close(fd);
    }
    must(errno == ENOSPC, "a file system with a limit to its files");
}

static void nothing_can_be_written(size_t leave)
{
    fill(leave);
    FAILS(rt_file_write_text(at("new"), pattern(40000)), false, E_NOSPC);
    CHECK(rt_file_delete(at("new")));
    FAILS(rt_file_append_text(at("new"), pattern(40000)), false, E_NOSPC);
    CHECK(rt_file_delete(at("new")));
    static const char *const sources[] = {"small", "large"};
    for (size_t i = 0; i < COUNT(sources); i++) {
        FAILS(rt_file_copy(at(sources[i]), at("new")), false, E_NOSPC);
        FAILS(rt_file_exists(at("new")), false, E_NOENT); /* no incomplete file is left */
        /* An existing destination is not removed. */
        CHECK(rt_file_exists(at("existing")));
        FAILS(rt_file_copy(at(sources[i]), at("existing")), false, E_NOSPC);
        CHECK(rt_file_exists(at("existing")));
        /* The link stays; the copy created its target. */
        must(symlink("made", at("link")) == 0, "symlink");
        FAILS(rt_file_copy(at(sources[i]), at("link")), false, E_NOSPC);
        CHECK(unlink(at("link")) == 0);
        unlink(at("made"));
        CHECK(truncate(at("existing"), 0) == 0);
    }
    CHECK(has(at("small"), 40000) && has(at("large"), 300000));
}

static void full(void)
{
    CHECK(rt_file_write_text(at("small"), pattern(40000)) && rt_file_write_text(at("large"), pattern(300000)));
    CHECK(rt_file_write_text(at("old"), pattern(4096)) && rt_file_write_text(at("existing"), "") && rt_file_write_text(at("lock"), ""));
    static const size_t left[] = {0, 1, 3, 8};
    for (size_t i = 0; i < COUNT(left); i++)
        nothing_can_be_written(left[i]);
    fill(0);
    /* A failed append keeps the old content. */
    FAILS(rt_file_append_text(at("old"), pattern(5000)), false, E_NOSPC);
    CHECK(has(at("old"), 4096));
    CHECK(rt_file_write_text(at("existing"), ""));
    /* Prints to a full file system, and to /dev/full. */
    EQUAL(sh("exec \"$SELF\" print \"$D\" >> \"$D/fill\""), E_NOSPC);
    EQUAL(sh("exec \"$SELF\" print \"$D\" > /dev/full"), E_NOSPC);
    EQUAL(sh("exec \"$SELF\" eprint \"$D\" 2> /dev/full"), E_NOSPC);
    /* Operations that need no space succeed. */
    int64_t fd = rt_file_lock(at("lock"));
    CHECK(fd >= 0 && rt_file_unlock(fd));
    EQUAL(sh("exit 3"), 3);
    CHECK(rt_dir_create(directory, true));
    take_all_names();
    FAILS(rt_file_write_text(at("new"), ""), false, E_NOSPC);
    FAILS(rt_file_append_text(at("new"), "x"), false, E_NOSPC);
    FAILS(rt_file_copy(at("lock"), at("new")), false, E_NOSPC);
    FAILS(rt_file_copy(at("large"), at("new")), false, E_NOSPC);
    FAILS(rt_file_lock(at("new")), -1, E_NOSPC);
    FAILS(rt_dir_create(at("new"), false), false, E_NOSPC);
    FAILS(rt_dir_create(at("new"), true), false, E_NOSPC);
    FAILS(rt_dir_create(at("new/er/est"), true), false, E_NOSPC);
    FAILS(rt_file_exists(at("new")), false, E_NOENT);
    /* With space again all operations succeed. */
    CHECK(rt_file_delete(at("fill")) && rt_file_delete(at("name 0")) && rt_file_delete(at("name 1")));
    CHECK(rt_file_copy(at("large"), at("new")) && has(at("new"), 300000));
    CHECK(rt_file_append_text(at("old"), pattern(4096)) && rt_file_size(at("old")) == 8192);
}

/* Read-only file systems. */
static void read_only(void)
{
    must(mount("tmpfs", directory, "tmpfs", 0, NULL) == 0, "mount"); /* in a mount namespace of the program's own */
    CHECK(rt_file_write_text(at("file"), pattern(100000)) && rt_dir_create(at("a/b"), true));
    CHECK(rt_file_write_text(at("script"), "exit 7") && chmod(at("script"), 0755) == 0);
    must(mount(NULL, directory, NULL, MS_REMOUNT | MS_RDONLY, NULL) == 0, "mount, read-only");
    FAILS(rt_file_write_text(at("file"), "x"), false, E_ROFS);
    FAILS(rt_file_write_text(at("new"), "x"), false, E_ROFS);
    FAILS(rt_file_append_text(at("file"), "x"), false, E_ROFS);
    FAILS(rt_file_append_text(at("new"), "x"), false, E_ROFS);
    FAILS(rt_file_copy(at("file"), at("new")), false, E_ROFS);
    FAILS(rt_file_copy(at("script"), at("file")), false, E_ROFS);
    FAILS(rt_file_delete(at("file")), false, E_ROFS);
    FAILS(rt_file_lock(at("new")), -1, E_ROFS);
    FAILS(rt_dir_create(at("new"), false), false, E_ROFS);
    FAILS(rt_dir_create(at("new/er"), true), false, E_ROFS);
    FAILS(rt_dir_create(at("a/b/c"), true), false, E_ROFS);
    FAILS(rt_dir_create(at("a"), false), false, E_EXIST);
    CHECK(rt_dir_create(at("a/b"), true)); /* it exists */
    FAILS(rt_file_exists(at("new")), false, E_NOENT);
    CHECK(has(at("file"), 100000) && rt_file_size(at("file")) == 100000 && rt_file_modified_time(at("file")) > 0);
    char **list = rt_dir_list(directory);
    CHECK(rt_len(list) == 3);
    rt_free(list);
    int64_t fd = rt_file_lock(at("file")); /* a read-only file can be locked */
    CHECK(fd >= 0);
    FAILS(rt_file_lock(at("file")), -1, E_AGAIN);
    CHECK(rt_file_unlock(fd));
    EQUAL(rt_process_run(at("script"), NULL, 0), 7);
}

/* The longest paths. */
static void long_paths(void)
{
    static char path[4097], other[4097], command[4097];
    /* Nested directories with long names; the last leaves room for a name of 9 bytes. */
    size_t used = (size_t)snprintf(path, sizeof path, "%s", directory);
    while (used < 4085) {
        size_t name = 4085 - used - 1 > 250 ? 200 : 4085 - used - 1;
        path[used++] = '/';
        memset(path + used, 'd', name);
        used += name;
        path[used] = 0;
    }
    EQUAL(used, 4085);
    CHECK(rt_dir_create(path, true));
    CHECK(rt_dir_create(path, true));
    FAILS(rt_dir_create(path, false), false, E_EXIST);
    memcpy(other, path, used);
    memcpy(command, path, used);
    strcpy(path + used, "/file-789");
    strcpy(other + used, "/other-89");
    strcpy(command + used, "/script-9");
    EQUAL(strlen(path), 4094);
    for (int longer = 0; longer < 2; longer++) { /* 4094 bytes, and 4095 */
        if (longer) {
            strcat(path, "x");
            strcat(other, "x");
            strcat(command, "x");
        }
        FAILS(rt_file_exists(path), false, E_NOENT);
        CHECK(rt_file_write_text(path, pattern(1000)) && has(path, 1000) && rt_file_exists(path));
        CHECK(rt_file_append_text(path, "x"));
        EQUAL(rt_file_size(path), 1001);
        CHECK(rt_file_modified_time(path) > 0);
        CHECK(rt_file_copy(path, other) && rt_file_size(other) == 1001);
        int64_t fd = rt_file_lock(path);
        CHECK(fd >= 0);
        FAILS(rt_file_lock(path), -1, E_AGAIN);
        CHECK(rt_file_unlock(fd));
        CHECK(rt_file_write_text(command, "exit 7") && chmod(command, 0700) == 0);
        EQUAL(rt_process_run(command, NULL, 0), 7);
        CHECK(rt_file_delete(path) && rt_file_remove(other) && rt_file_delete(command));
        FAILS(rt_file_delete(path), false, E_NOENT);
        CHECK(rt_dir_create(path, false));
        char **list = rt_dir_list(path);
        CHECK(rt_len(list) == 0);
        rt_free(list);
        CHECK(rmdir(path) == 0 && rt_dir_create(path, true) && rmdir(path) == 0);
    }
    /* A working directory of 4095 bytes, and one of 4096, which the kernel cannot report. */
    CHECK(rt_dir_create(path, false) && chdir(path) == 0);
    char *cwd = rt_env_cwd();
    CHECK(cwd != NULL && rt_len(cwd) == 4095 && same(cwd, path));
    rt_free(cwd);
    EQUAL(sh("exit 5"), 5);
    CHECK(rt_dir_create("deeper", false) && chdir("deeper") == 0);
    FAILS(rt_env_cwd(), NULL, E_NAMETOOLONG);
    CHECK(rt_file_write_text("file", "x") && rt_file_exists("file") && rt_file_delete("file"));
    EQUAL(sh("exit 6"), 6);
    must(chdir("/") == 0, "chdir");
    strcat(path, "x"); /* 4096 bytes */
    FAILS(rt_file_exists(path), false, E_NAMETOOLONG);
    FAILS(rt_file_read_text(path), NULL, E_NAMETOOLONG);
    FAILS(rt_file_write_text(path, "x"), false, E_NAMETOOLONG);
    FAILS(rt_file_append_text(path, "x"), false, E_NAMETOOLONG);
    FAILS(rt_file_copy(path, at("x")), false, E_NAMETOOLONG);
    CHECK(rt_file_write_text(at("from"), "x"));
    FAILS(rt_file_copy(at("from"), path), false, E_NAMETOOLONG);
    FAILS(rt_file_delete(path), false, E_NAMETOOLONG);
    FAILS(rt_file_size(path), -1, E_NAMETOOLONG);
    FAILS(rt_file_modified_time(path), -1, E_NAMETOOLONG);
    FAILS(rt_file_lock(path), -1, E_NAMETOOLONG);
    FAILS(rt_dir_create(path, false), false, E_NAMETOOLONG);
    FAILS(rt_dir_create(path, true), false, E_NAMETOOLONG);
    FAILS(rt_dir_list(path), NULL, E_NAMETOOLONG);
    FAILS(rt_process_run(path, NULL, 0), 127, E_NAMETOOLONG);
}

/* A directory with many entries: each is listed exactly once. */
static void many_entries(void)
{
    enum { MANY = 100000 };
    static bool seen[MANY];
    must(mkdir(at("many"), 0700) == 0 && chdir(at("many")) == 0, "many");
    for (int i = 0; i < MANY; i++) {
        char name[64];
        snprintf(name, sizeof name, "an entry whose name is not short %d", i);
        must(mknod(name, S_IFREG | 0600, 0) == 0, "mknod");
    }
    for (int round = 0; round < 2; round++) {
        char **list = rt_dir_list(at("many"));
        CHECK(list != NULL && rt_len(list) == MANY && list[MANY] == NULL);
        memset(seen, 0, sizeof seen);
        size_t known = 0;
        for (char **name = list; list != NULL && *name != NULL; name++) {
            int number = atoi(*name + strlen("an entry whose name is not short "));
            known += number >= 0 && number < MANY && !seen[number];
            seen[number % MANY] = true;
        }
        EQUAL((int64_t)known, MANY);
        rt_free(list);
    }
}

/* Changes during a call. */

static atomic_bool stop;
static void *in_a_loop(void *action)
{
    void (*change)(void) = *(void (**)(void))action;
    while (!atomic_load(&stop))
        change();
    return NULL;
}

static uint64_t milliseconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static unsigned races_run, rounds, all_hits, fewest_hits = -1u;

/* Counts the calls of a race during which a change happened. */
static unsigned hits;

/* The outcome of a call proves that a change was in progress. */
static void hit_if(bool shows)
{
    hits += shows;
}

/* The number of changes that have begun, and the last one that was made. Only one is made at a time. */
static atomic_uint changes_begun, change_made;

/* Makes a change that the outcome of a call does not show. The expression is true if it was made. */
#define CHANGE(is_made)                                                                                                \
    do {                                                                                                               \
        unsigned number_ = atomic_fetch_add(&changes_begun, 1) + 1;                                                    \
        if (is_made)                                                                                                   \
            atomic_store(&change_made, number_);                                                                       \
    } while (0)

/* For a call with the same outcome with and without a change: it was hit if a change began and ended during it. */
#define HIT_IN(call)                                                                                                   \
    do {                                                                                                               \
        unsigned before_ = atomic_load(&changes_begun);                                                                \
        call;                                                                                                          \
        hit_if(atomic_load(&change_made) > before_);                                                                   \
    } while (0)

/* Repeats a call while another thread makes changes, for a while and until a change has hit it. */
static void race(const char *what, void (*change)(void), void (*work)(void))
{
    enum { LONG_ENOUGH = 300, TOO_LONG = 20000, AT_LEAST = 50 };
    unsigned failed = atomic_load(&checks_failed), own = 0, hit = 0;
    size_t descriptors = open_descriptors();
    pthread_t helper;
    /* Only the thread that makes the calls takes signals. */
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    atomic_store(&stop, false);
    must(pthread_create(&helper, NULL, in_a_loop, &change) == 0, "pthread_create");
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    uint64_t begin = milliseconds(), took = 0;
    while ((took < LONG_ENOUGH || own < AT_LEAST || (hit == 0 && took < TOO_LONG)) && atomic_load(&checks_failed) < failed + 5) {
        hits = 0;
        work();
        hit += hits > 0;
        own++;
        took = milliseconds() - begin;
    }
    atomic_store(&stop, true);
    pthread_join(helper, NULL);
    EQUAL((int64_t)open_descriptors(), (int64_t)descriptors);
    CHECK(waitpid(-1, NULL, WNOHANG) == -1 && errno == ECHILD); /* no zombie is left */
    CHECK(hit > 0);
    printf("%s: %u rounds, %u of them hit\n", what, own, hit);
    races_run++;
    rounds += own;
    all_hits += hit;
    fewest_hits = hit < fewest_hits ? hit : fewest_hits;
}

/* Checks that the call succeeded, or failed with one of the errors that the race can cause. */
#define MAY_FAIL(ok, ...)                                                                                              \
    do {                                                                                                               \
        static const int32_t reasons_[] = {__VA_ARGS__};                                                               \
        bool ok_ = (ok), known_ = false;                                                                               \
        int32_t error_ = rt_last_error();                                                                              \
        for (size_t i_ = 0; i_ < COUNT(reasons_); i_++)                                                                \
            known_ = known_ || error_ == reasons_[i_];                                                                 \
        if (ok_ || known_)                                                                                             \
            check_at(true, __FILE__, __LINE__, #ok);                                                                   \
        else                                                                                                           \
            equal_at(error_, reasons_[0], __FILE__, __LINE__, "last error of " #ok);                                   \
    } while (0)

enum { STAYING = 700 };

static void come_and_go(void)
{
    static unsigned turn;
    char from[64], to[64];
    snprintf(from, sizeof from, "churn/passing %u", turn % 97);
    snprintf(to, sizeof to, "churn/renamed to something longer %u", turn % 89);
    close(open(at(from), O_WRONLY | O_CREAT, 0600));
    rename(at(from), at(to));
    snprintf(to, sizeof to, "churn/renamed to something longer %u", (turn + 40) % 89);
    unlink(at(to));
    turn++;
}

static void list_those_that_stay(void)
{
    unsigned seen[STAYING] = {0};
    char **list = rt_dir_list(at("churn"));
    CHECK(list != NULL);
    for (char **name = list; list != NULL && *name != NULL; name++)
        if (strncmp(*name, "stays ", 6) == 0)
            seen[atoi(*name + 6) % STAYING]++;
        else if (strncmp(*name, "passing ", 8) == 0)
            hit_if(true); /* it is renamed immediately */
        else if (strncmp(*name, "renamed to something longer ", 28) != 0)
            CHECK(!"a name that never was");
    rt_free(list);
    unsigned once = 0;
    for (int i = 0; i < STAYING; i++)
        once += seen[i] == 1;
    EQUAL(once, STAYING);
}

static void make_and_remove_directory(void)
{
    mkdir(at("brief"), 0700);
    for (int i = 0; i < 30; i++) {
        char name[32];
        snprintf(name, sizeof name, "brief/%d", i);
        close(open(at(name), O_WRONLY | O_CREAT, 0600));
    }
    for (int i = 0; i < 30; i++) {
        char name[32];
        snprintf(name, sizeof name, "brief/%d", i);
        unlink(at(name));
    }
    rmdir(at("brief"));
}

static void list_what_vanishes(void)
{
    char **list = rt_dir_list(at("brief"));
    MAY_FAIL(list != NULL && rt_len(list) <= 30, E_NOENT);
    hit_if(list != NULL); /* after a change it is gone */
    rt_free(list);
}

static void remove_destination(void)
{
    static unsigned turn;
    if (turn++ % 3 == 0)
        CHANGE(rename(at("destination"), at("moved away")) == 0);
    else
        CHANGE(unlink(at("destination")) == 0);
    if (turn % 64 == 0)
        symlink("nowhere", at("destination"));
}

/* No other thread writes to the destination: if it exists after a success it is complete, even if by now it is a link
   to the result of an earlier copy. */
static void copy_what_stays(void)
{
    static unsigned turn;
    size_t n = turn++ % 2 ? 300000 : 9000;
    bool ok;
    HIT_IN(ok = rt_file_copy(at(n == 9000 ? "small" : "large"), at("destination")));
    MAY_FAIL(ok, E_NOENT, E_EXIST);
    char *copy = ok ? rt_file_read_text(at("destination")) : NULL;
    if (copy != NULL)
        CHECK((rt_len(copy) == 9000 || rt_len(copy) == 300000) && is_pattern(copy, rt_len(copy)));
    rt_free(copy);
}

static const size_t sizes[] = {0, 1000000, 70000, 300000, 5000, 17000, 200000};

/* Returns whether a file of this size is incomplete. */
static bool is_between(size_t n)
{
    for (size_t i = 0; i < COUNT(sizes); i++)
        if (n == sizes[i])
            return false;
    return true;
}

static void grow_and_shrink(void)
{
    static unsigned turn;
    int fd = open(at("changing"), O_WRONLY | O_CREAT, 0600);
    size_t n = sizes[turn++ % COUNT(sizes)];
    const char *text = pattern(n);
    ssize_t part = ftruncate(fd, 0);
    for (size_t done = 0; part >= 0 && done < n; done += (size_t)part) /* in parts, so that it is incomplete for a while */
        part = write(fd, text + done, n - done < 33333 ? n - done : 33333);
    if (part >= 0 && turn % 5 == 0)
        unlink(at("changing"));
    close(fd);
}

/* Returns whether a text can come from a file that another thread truncates and writes again with the pattern.
   read(2) on tmpfs reads the size, the page, and the size again. If the page was dropped and the file has grown again
   in between, the rest of the page reads as zeros. */
static bool is_pattern_or_gone(const char *text, size_t n)
{
    enum { PAGE = 4096 };
    const char *whole = pattern(n);
    for (size_t i = 0; i < n; i++) {
        if (text[i] == whole[i])
            continue;
        for (size_t page_end = (i / PAGE + 1) * PAGE; i < n && i < page_end; i++)
            if (text[i] != 0)
                return false;
        i--;
    }
    return text[n] == 0;
}

static void read_what_changes(void)
{
    char *text = rt_file_read_text(at("changing"));
    MAY_FAIL(text != NULL, E_NOENT);
    if (text != NULL) /* read in parts from the start: each time a prefix of the content */
        CHECK(is_pattern_or_gone(text, rt_len(text)));
    hit_if(is_between(rt_len(text)));
    rt_free(text);
}

static void copy_what_changes(void)
{
    bool ok = rt_file_copy(at("changing"), at("copied"));
    MAY_FAIL(ok, E_NOENT);
    if (!ok) {
        unlink(at("copied"));
        return;
    }
    char *text = rt_file_read_text(at("copied"));
    CHECK(text != NULL && is_pattern_or_gone(text, rt_len(text)));
    hit_if(is_between(rt_len(text)));
    rt_free(text);
}

static void facts_of_what_changes(void)
{
    poison(E_NOENT);
    MAY_FAIL(rt_file_exists(at("changing")), E_NOENT);
    int64_t size = rt_file_size(at("changing"));
    MAY_FAIL(size >= 0 && size <= 1000000, E_NOENT);
    hit_if(size >= 0 && is_between((size_t)size));
    MAY_FAIL(rt_file_modified_time(at("changing")) > 0, E_NOENT);
    MAY_FAIL(rt_file_append_text(at("appended"), "x"), E_NOENT);
    MAY_FAIL(rt_file_delete(at("appended")), E_NOENT);
}

static void remove_appended(void)
{
    grow_and_shrink();
    unlink(at("appended"));
}

static void remove_tree(void)
{
    static const char *const levels[] = {"tree/a/b/c/d", "tree/a/b/c", "tree/a/b", "tree/a", "tree"};
    for (size_t i = 0; i < COUNT(levels); i++)
        CHANGE(rmdir(at(levels[i])) == 0);
}

static void create_what_is_removed(void)
{
    HIT_IN(MAY_FAIL(rt_dir_create(at("tree/a/b/c/d"), true), E_NOENT));
    MAY_FAIL(rt_dir_create(at("tree/a/b"), false), E_EXIST, E_NOENT);
}

static void put_file_in_the_way(void)
{
    remove_tree();
    close(open(at("tree"), O_WRONLY | O_CREAT, 0600));
    unlink(at("tree"));
}

static void create_past_a_file(void)
{
    bool ok = rt_dir_create(at("tree/a/b/c/d"), true);
    MAY_FAIL(ok, E_NOENT, E_NOTDIR, E_EXIST);
    hit_if(!ok); /* after a change there is no file */
}

static void create_together(void)
{
    static _Thread_local unsigned turn;
    char name[64];
    snprintf(name, sizeof name, "shared/%u/b/c/d/e", turn++ % 100);
    CHECK(rt_dir_create(at(name), true)); /* both succeed: no thread removes anything */
}

static void create_too(void)
{
    CHANGE((create_together(), true));
}

static void create_and_forget(void)
{
    static unsigned turn;
    HIT_IN(create_together());
    if (++turn % 100 == 0)
        CHECK(rt_dir_create(at("shared"), true));
}

static void move_about(void)
{
    must(mkdir(at("here"), 0700) == 0 || errno == EEXIST, "here");
    must(chdir(at("here")) == 0, "chdir");
    unlink(at("here/relative"));
    rmdir(at("here"));
    for (int i = 0; i < 20; i++) /* for a while */
        (void)!access(".", F_OK);
    must(chdir("/") == 0, "chdir /");
}

static void work_in_what_vanishes(void)
{
    char *cwd = rt_env_cwd();
    MAY_FAIL(cwd != NULL && *cwd == '/' && rt_len(cwd) == strlen(cwd), E_NOENT);
    hit_if(cwd == NULL); /* after a change it is the root directory */
    rt_free(cwd);
    static unsigned turn;
    if (turn++ % 16 == 0)
        EQUAL(rt_process_run("true", NULL, 0), 0);
    char **list = rt_dir_list(".");
    MAY_FAIL(list != NULL, E_NOENT);
    rt_free(list);
}

static void replace_lock(void)
{
    static unsigned turn;
    close(open(at("new lock"), O_WRONLY | O_CREAT, 0600));
    if (turn++ % 2)
        CHANGE(rename(at("new lock"), at("lock")) == 0);
    else
        CHANGE(unlink(at("lock")) == 0);
}

static void lock_what_is_replaced(void)
{
    int64_t fd;
    HIT_IN(fd = rt_file_lock(at("lock")));
    MAY_FAIL(fd >= 0, E_AGAIN);
    if (fd >= 0)
        CHECK(rt_file_unlock(fd));
}

static void replace_command(void)
{
    static unsigned turn;
    const char *script = turn++ % 2 ? "#!/bin/sh\nexit 11\n" : "exit 12\n";
    int fd = open(at("new command"), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0700);
    must(fd >= 0 && write(fd, script, strlen(script)) > 0, "command");
    close(fd);
    CHANGE(rename(at("new command"), at("command")) == 0);
    if (turn % 4 == 0)
        unlink(at("command"));
}

static void run_what_is_replaced(void)
{
    int32_t code;
    HIT_IN(code = rt_process_run(at("command"), NULL, 0));
    /* A shell whose script is gone exits with 2, 126 or 127. */
    bool ran = code == 11 || code == 12 || code == 2 || ((code == 127 || code == 126) && rt_last_error() == E_NONE);
    MAY_FAIL(ran, E_NOENT, E_TXTBSY);
}

static void races(void)
{
    must(mkdir(at("churn"), 0700) == 0, "churn");
    for (int i = 0; i < STAYING; i++) {
        char name[64];
        snprintf(name, sizeof name, "churn/stays %d", i);
        must(mknod(at(name), S_IFREG | 0600, 0) == 0, "mknod");
    }
    CHECK(rt_file_write_text(at("small"), pattern(9000)) && rt_file_write_text(at("large"), pattern(300000)));
    race("a list while entries appear and disappear", come_and_go, list_those_that_stay);
    race("a list of a directory that appears and disappears", make_and_remove_directory, list_what_vanishes);
    race("a copy whose destination is removed", remove_destination, copy_what_stays);
    unlink(at("destination"));
    race("reading a file that grows, shrinks and disappears", grow_and_shrink, read_what_changes);
    race("a copy of a file that grows, shrinks and disappears", grow_and_shrink, copy_what_changes);
    race("facts of a file that appears and disappears", remove_appended, facts_of_what_changes);
    race("directories that are removed while they are made", remove_tree, create_what_is_removed);
    race("directories with a file in their place", put_file_in_the_way, create_past_a_file);
    race("directories that two threads make", create_too, create_and_forget);
    race("a working directory that disappears", move_about, work_in_what_vanishes);
    race("a lock on a file that is replaced", replace_lock, lock_what_is_replaced);
    race("a command that is replaced", replace_command, run_what_is_replaced);
    printf("FIGURES: %u races, %u rounds, %u of them hit by a change, in each race %u or more\n", races_run, rounds, all_hits, fewest_hits);
}

int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        void (*run)(void);
    } all[] = {{"full", full}, {"read-only", read_only}, {"long", long_paths}, {"many", many_entries}, {"races", races}};
    if (argc != 3)
        return 2;
    directory = argv[2];
    if (same(argv[1], "print"))
        return rt_print("x") ? 255 : rt_last_error();
    if (same(argv[1], "eprint"))
        return rt_eprint("x") ? 255 : rt_last_error();
    must(rt_dir_create(directory, false) && rt_env_set("D", directory) && rt_env_set("SELF", argv[0]), "directory");
    pattern(0);
    for (size_t i = 0; i < COUNT(all); i++)
        if (same(argv[1], all[i].name)) {
            all[i].run();
            fflush(stdout);
            return verdict();
        }
    return 2;
}
