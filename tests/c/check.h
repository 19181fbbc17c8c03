/*
 * Checks that count themselves, error numbers, and a few functions on text, for programs without a libc. Output goes
 * through the library, one write for each line, so that the lines of several threads do not mix.
 */
#ifndef FFI_SYSCALLS_TESTS_CHECK_H
#define FFI_SYSCALLS_TESTS_CHECK_H

#include <stdatomic.h>

#include "ffi_syscalls.h"

#include "contract.h" /* after the header: see there */
#include "operations.h"

/* Error numbers, written by hand: programs without a libc have no errno.h, and a test must not take the library's. */
enum {
    E_NONE = 0,
    E_PERM = 1,
    E_NOENT = 2,
    E_IO = 5,
    E_2BIG = 7,
    E_CHILD = 10,
    E_BADF = 9,
    E_ACCES = 13,
    E_FAULT = 14,
    E_EXIST = 17,
    E_NODEV = 19,
    E_NOTDIR = 20,
    E_ISDIR = 21,
    E_INVAL = 22,
    E_MFILE = 24,
    E_TXTBSY = 26,
    E_NOSPC = 28,
    E_ROFS = 30,
    E_PIPE = 32,
#ifdef __linux__
    E_AGAIN = 11,
    E_NOTEMPTY = 39,
    E_ILSEQ = 84,
    E_NAMETOOLONG = 36,
    E_LOOP = 40,
    E_TIMEDOUT = 110
#else /* macOS and the BSDs */
    E_AGAIN = 35,
    E_NOTEMPTY = 66,
    E_ILSEQ = 92,
    E_NAMETOOLONG = 63,
    E_LOOP = 62,
    E_TIMEDOUT = 60
#endif
};

static atomic_uint checks_passed, checks_failed;

/* The file for reports where the standard output is closed, or NULL. */
static const char *report_file;

/* Writes a report, in one write. */
static inline void report(const char *text)
{
    if (report_file != NULL)
        (void)rt_file_append_text(report_file, text);
    else
        (void)rt_print(text);
}

static inline size_t length(const char *text)
{
    size_t n = 0;
    while (text[n])
        n++;
    return n;
}

static inline bool same_bytes(const char *a, const char *b, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (a[i] != b[i])
            return false;
    return true;
}

static inline bool same(const char *a, const char *b)
{
    size_t n = length(a);
    return n == length(b) && same_bytes(a, b, n);
}

/* A line that is being put together. Text beyond its end is dropped. */
struct line {
    size_t used;
    char text[4000];
};

static inline void add(struct line *line, const char *text)
{
    while (*text && line->used + 1 < sizeof line->text)
        line->text[line->used++] = *text++;
    line->text[line->used] = 0;
}

static inline void add_number(struct line *line, int64_t number)
{
    char digits[24];
    size_t at = sizeof digits;
    uint64_t rest = number < 0 ? 0 - (uint64_t)number : (uint64_t)number;
    digits[--at] = 0;
    do
        digits[--at] = (char)('0' + rest % 10);
    while ((rest /= 10) != 0);
    if (number < 0)
        digits[--at] = '-';
    add(line, digits + at);
}

static inline int64_t number_in(const char *digits)
{
    int64_t number = 0, sign = 1;
    if (*digits == '-') {
        sign = -1;
        digits++;
    }
    for (; *digits >= '0' && *digits <= '9'; digits++)
        number = number * 10 + (*digits - '0');
    return sign * number;
}

static inline bool check_at(bool ok, const char *file, int number, const char *what)
{
    if (ok) {
        atomic_fetch_add(&checks_passed, 1);
        return true;
    }
    atomic_fetch_add(&checks_failed, 1);
    struct line line = {0};
    add(&line, "FAILED ");
    add(&line, file);
    add(&line, ":");
    add_number(&line, number);
    add(&line, ": ");
    add(&line, what);
    add(&line, "\n");
    report(line.text);
    return false;
}

static inline bool equal_at(int64_t got, int64_t expected, const char *file, int number, const char *what)
{
    if (got == expected)
        return check_at(true, file, number, what);
    struct line line = {0};
    add(&line, what);
    add(&line, " is ");
    add_number(&line, got);
    add(&line, ", not ");
    add_number(&line, expected);
    return check_at(false, file, number, line.text);
}

static inline bool failed_at(bool failed, int32_t got, int32_t expected, const char *file, int number, const char *what)
{
    if (failed && got == expected)
        return check_at(true, file, number, what);
    struct line line = {0};
    add(&line, what);
    add(&line, failed ? ": last error is " : ": does not return its failure value; last error is ");
    add_number(&line, got);
    add(&line, ", not ");
    add_number(&line, expected);
    return check_at(false, file, number, line.text);
}

/* Sets another last error than the expected one, so that a stale error does not pass for it. */
static inline void poison(int32_t expected)
{
    if (expected == E_FAULT)
        (void)rt_file_unlock(-1);
    else
        (void)rt_print(NULL);
}

static inline bool is_empty_text(char *text)
{
    bool ok = text != NULL && *text == 0 && rt_len(text) == 0;
    if (ok)
        *(char volatile *)text = 0;  /* a caller that cuts a text at its newline writes to it */
    rt_free(text);
    return ok;
}

#define CHECK(condition) check_at((condition), __FILE__, __LINE__, #condition)
#define EQUAL(got, expected) equal_at((got), (expected), __FILE__, __LINE__, #got)

/* Checks that a call returns this failure value and sets this last error. */
#define FAILS(call, value, error)                                                                                      \
    do {                                                                                                               \
        poison(error);                                                                                                 \
        bool failed_ = (call) == (value);                                                                              \
        failed_at(failed_, rt_last_error(), (error), __FILE__, __LINE__, #call);                                       \
    } while (0)

/* The same for a call whose failure value is the empty text, which is freed. */
#define FAILS_EMPTY(call, error)                                                                                       \
    do {                                                                                                               \
        poison(error);                                                                                                 \
        char *text_ = (call);                                                                                          \
        int32_t error_ = rt_last_error();                                                                              \
        failed_at(is_empty_text(text_), error_, (error), __FILE__, __LINE__, #call);                                   \
    } while (0)

/* Prints the last line of a program, and returns its exit code. */
static inline int verdict(void)
{
    unsigned passed = atomic_load(&checks_passed), failed = atomic_load(&checks_failed);
    struct line line = {0};
    if (failed) {
        add_number(&line, failed);
        add(&line, " checks FAILED, ");
    }
    add_number(&line, passed);
    add(&line, " checks passed\n");
    report(line.text);
    return failed ? 1 : 0;
}

#endif
