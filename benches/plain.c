/* The functions of the library as straightforward wrappers of libc functions, for comparison. They record no errors and
 * handle no corner cases. The functions for errors and lengths are omitted. */

#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <glob.h>
#include <limits.h>
#include <pwd.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

bool rt_file_exists(const char *path) {
    struct stat facts;
    return stat(path, &facts) == 0;
}

int64_t rt_file_size(const char *path) {
    struct stat facts;
    return stat(path, &facts) == 0 ? facts.st_size : -1;
}

int64_t rt_file_modified_time(const char *path) {
    struct stat facts;
    return stat(path, &facts) == 0 ? facts.st_mtime : -1;
}

char *rt_file_read_text(const char *path) {
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return NULL;
    struct stat facts;
    char *text = NULL;
    if (fstat(fd, &facts) == 0 && (text = malloc(facts.st_size + 1))) {
        off_t length = 0;
        ssize_t got;
        while (length < facts.st_size && (got = read(fd, text + length, facts.st_size - length)) > 0)
            length += got;
        text[length] = 0;
    }
    close(fd);
    return text;
}

static bool write_all(int fd, const char *bytes, size_t length) {
    while (length > 0) {
        ssize_t put = write(fd, bytes, length);
        if (put < 0)
            return false;
        bytes += put;
        length -= put;
    }
    return true;
}

static bool write_with(const char *path, const char *content, int flag) {
    int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | flag, 0666);
    if (fd < 0)
        return false;
    bool written = write_all(fd, content, strlen(content));
    return close(fd) == 0 && written;
}

bool rt_file_write_text(const char *path, const char *content) {
    return write_with(path, content, O_TRUNC);
}

bool rt_file_append_text(const char *path, const char *content) {
    return write_with(path, content, O_APPEND);
}

bool rt_file_copy(const char *src, const char *dst) {
    int from = open(src, O_RDONLY | O_CLOEXEC);
    if (from < 0)
        return false;
    struct stat facts;
    int to = fstat(from, &facts) == 0 ? open(dst, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, facts.st_mode & 0777) : -1;
    bool copied = to >= 0;
    char buffer[8192];
    ssize_t got = 0;
    while (copied && (got = read(from, buffer, sizeof buffer)) > 0)
        copied = write_all(to, buffer, got);
    close(from);
    return to >= 0 && close(to) == 0 && copied && got == 0;
}

bool rt_file_delete(const char *path) {
    return unlink(path) == 0;
}

bool rt_file_remove(const char *path) {
    return unlink(path) == 0;
}

int64_t rt_file_lock(const char *path) {
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    if (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) != 0) {
        close(fd);
        return -1;
    }
    return fd;
}

bool rt_file_unlock(int64_t fd) {
    return flock(fd, LOCK_UN) == 0 && close(fd) == 0;
}

bool rt_dir_create(const char *path, bool recursive) {
    char parent[PATH_MAX];
    size_t length = strlen(path);
    if (recursive && length < sizeof parent) {
        for (size_t at = 1; at < length; at++) {
            if (path[at] != '/')
                continue;
            memcpy(parent, path, at);
            parent[at] = 0;
            if (mkdir(parent, 0777) != 0 && errno != EEXIST)
                return false;
        }
    }
    return mkdir(path, 0777) == 0 || (recursive && errno == EEXIST);
}

static bool is_dots(const char *name) {
    return strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
}

/* Reads the directory twice: first to compute the size, then to store the names. The list is a single block, since one
 * call of rt_free frees it. */
char **rt_dir_list(const char *path) {
    DIR *directory = opendir(path);
    if (!directory)
        return NULL;
    size_t count = 0, bytes = 0;
    struct dirent *entry;
    while ((entry = readdir(directory)))
        if (!is_dots(entry->d_name))
            count++, bytes += strlen(entry->d_name) + 1;
    char **list = malloc((count + 1) * sizeof *list + bytes);
    size_t at = 0;
    if (list) {
        char *text = (char *)(list + count + 1), *end = text + bytes;
        rewinddir(directory);
        while (at < count && (entry = readdir(directory))) {
            size_t length = strlen(entry->d_name) + 1;
            if (is_dots(entry->d_name))
                continue;
            if (length > (size_t)(end - text))
                break;
            list[at++] = memcpy(text, entry->d_name, length);
            text += length;
        }
        list[at] = NULL;
    }
    closedir(directory);
    return list;
}

char *rt_env_cwd(void) {
    char path[PATH_MAX];
    return getcwd(path, sizeof path) ? strdup(path) : NULL;
}

char *rt_env_get(const char *key) {
    const char *value = getenv(key);
    return strdup(value ? value : "");
}

char *rt_env_home(void) {
    const char *home = getenv("HOME");
    if (!home) {
        struct passwd *user = getpwuid(getuid());
        home = user ? user->pw_dir : "";
    }
    return strdup(home);
}

bool rt_env_set(const char *key, const char *value) {
    return setenv(key, value, 1) == 0;
}

int64_t rt_getpid(void) {
    return getpid();
}

int32_t rt_process_run(const char *cmd, const char *const *args, size_t arg_count) {
    char **argv = malloc((arg_count + 2) * sizeof *argv);
    if (!argv)
        return -1;
    argv[0] = (char *)cmd;
    memcpy(argv + 1, args, arg_count * sizeof *argv);
    argv[arg_count + 1] = NULL;
    int status = 0;
    pid_t child = fork();
    if (child == 0) {
        execvp(cmd, argv);
        _exit(127);
    }
    bool waited = child > 0 && waitpid(child, &status, 0) == child;
    free(argv);
    if (!waited)
        return -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

int64_t rt_system_cpu_count(void) {
    return sysconf(_SC_NPROCESSORS_ONLN);
}

char *rt_hostname(void) {
    char name[HOST_NAME_MAX + 1];
    return gethostname(name, sizeof name) == 0 ? strdup(name) : NULL;
}

static int64_t read_clock(clockid_t clock, int64_t unit) {
    struct timespec time;
    clock_gettime(clock, &time);
    return time.tv_sec * unit + time.tv_nsec / (1000000000 / unit);
}

int64_t rt_time_now_unix_micros(void) {
    return read_clock(CLOCK_REALTIME, 1000000);
}

int64_t rt_time_now_nanos(void) {
    return read_clock(CLOCK_MONOTONIC, 1000000000);
}

/* The list that grows during nftw(3): offsets of the paths, and their bytes. */
static struct {
    size_t *offsets, count, count_max;
    char *bytes;
    size_t length, length_max;
} walked;

static int walk_entry(const char *path, const struct stat *facts, int kind, struct FTW *position) {
    (void)facts, (void)position;
    size_t length = strlen(path) + 1;
    if (kind == FTW_D)
        return 0;
    if (walked.count == walked.count_max)
        walked.offsets = realloc(walked.offsets, (walked.count_max = 2 * walked.count_max + 64) * sizeof(size_t));
    if (walked.length + length > walked.length_max)
        walked.bytes = realloc(walked.bytes, walked.length_max = 2 * walked.length_max + length + 4096);
    walked.offsets[walked.count++] = walked.length;
    memcpy(walked.bytes + walked.length, path, length);
    walked.length += length;
    return 0;
}

char **rt_dir_walk(const char *path) {
    char **list = NULL;
    if (nftw(path, walk_entry, 64, FTW_PHYS) == 0) {
        list = malloc((walked.count + 1) * sizeof *list + walked.length);
        char *text = memcpy(list + walked.count + 1, walked.bytes, walked.length);
        for (size_t at = 0; at < walked.count; at++)
            list[at] = text + walked.offsets[at];
        list[walked.count] = NULL;
    }
    free(walked.offsets);
    free(walked.bytes);
    memset(&walked, 0, sizeof walked);
    return list;
}

static int remove_entry(const char *path, const struct stat *facts, int kind, struct FTW *position) {
    (void)facts, (void)kind, (void)position;
    return remove(path);
}

bool rt_dir_remove_all(const char *path) {
    return nftw(path, remove_entry, 64, FTW_PHYS | FTW_DEPTH) == 0;
}

char **rt_glob_pattern(const char *pattern) {
    glob_t found;
    if (glob(pattern, 0, NULL, &found) != 0)
        return NULL;
    size_t bytes = 0;
    for (size_t at = 0; at < found.gl_pathc; at++)
        bytes += strlen(found.gl_pathv[at]) + 1;
    char **list = malloc((found.gl_pathc + 1) * sizeof *list + bytes);
    char *text = (char *)(list + found.gl_pathc + 1);
    for (size_t at = 0; at < found.gl_pathc; at++)
        text = stpcpy(list[at] = text, found.gl_pathv[at]) + 1;
    list[found.gl_pathc] = NULL;
    globfree(&found);
    return list;
}

void *rt_file_mmap(const char *path, int64_t offset, size_t len, uint32_t access, size_t *mapped) {
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    struct stat facts;
    (void)access, (void)len;
    if (fd < 0 || fstat(fd, &facts) != 0)
        return NULL;
    *mapped = facts.st_size - offset;
    void *address = mmap(NULL, *mapped, PROT_READ, MAP_SHARED, fd, offset);
    close(fd);
    return address == MAP_FAILED ? NULL : address;
}

bool rt_file_munmap(void *address, size_t len) {
    return munmap(address, len) == 0;
}

/* The path has a slash and at most 4000 bytes. */
bool rt_file_atomic_write_bytes(const char *path, const void *data, size_t len) {
    char temporary[4096], directory[4096];
    snprintf(temporary, sizeof temporary, "%.4000s.XXXXXX", path);
    snprintf(directory, sizeof directory, "%.*s", (int)(strrchr(path, '/') - path), path);
    int fd = mkostemp(temporary, O_CLOEXEC);
    bool ok = fd >= 0 && write_all(fd, data, len) && fsync(fd) == 0;
    ok = fd >= 0 && close(fd) == 0 && ok && rename(temporary, path) == 0;
    int parent = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return fsync(parent) == 0 && close(parent) == 0 && ok;
}

/* The program and its arguments have no characters that are special to a shell. */
char *rt_process_output(const char *cmd, const char *const *args, size_t arg_count) {
    char command[4096];
    size_t at = snprintf(command, sizeof command, "%s", cmd);
    for (size_t i = 0; i < arg_count && at < sizeof command; i++)
        at += snprintf(command + at, sizeof command - at, " %s", args[i]);
    FILE *pipe = popen(command, "r");
    size_t length = 0, max = 1 << 16, got;
    char *text = malloc(max);
    while ((got = fread(text + length, 1, max - length - 1, pipe)) > 0)
        if ((length += got) + 1 == max)
            text = realloc(text, max *= 2);
    text[length] = 0;
    pclose(pipe);
    return text;
}

bool rt_print(const char *text) {
    return write_all(1, text, strlen(text));
}

void rt_free(void *p) {
    free(p);
}
