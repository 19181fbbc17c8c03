/*
 * Misuses rt_free() in each way that it detects. Each ends the process with SIGABRT and a line on the standard error
 * that begins with "ffi_syscalls: rt_free: ". With and without a libc.
 *
 *     misuse NAME          one misuse; prints "survived" and exits with 1 if it is not detected
 *     misuse NAME NUMBER   the same with another of several pointers; exits with 3 if there are no more
 *     misuse all FILE      runs each in a child and checks how it ends; FILE takes its output
 */
#include "check.h"

static int64_t which; /* the number */

/* Returns this many texts of `n` bytes each in `texts`. */
static void texts_of(size_t n, char **texts, int64_t count)
{
    static char content[(20 << 20) + 1];
    for (size_t i = 0; i < n; i++)
        content[i] = 't';
    content[n] = 0;
    bool is_set = rt_env_set("MISUSE", content);
    for (int64_t i = 0; i < count; i++)
        texts[i] = is_set ? rt_env_get("MISUSE") : NULL;
}

/* Returns a text of this many bytes. */
static char *text_of(size_t n)
{
    char *text;
    texts_of(n, &text, 1);
    return text;
}

static void free_twice(char *text)
{
    rt_free(text);
    rt_free(text);
}

static void double_free(void)
{
    static const size_t sizes[10] = {1, 0, 15, 16, 17, 100, 4000, 4080, 70000, 262128};
    char *text = which == 1 ? rt_file_read_text("/dev/null") : text_of(sizes[which]);
    char *neighbour = rt_hostname(); /* the next block, in use */
    free_twice(text);
    rt_free(neighbour);
}

static void double_free_medium(void)
{
    free_twice(text_of(1 << 20));
}

static void double_free_large(void)
{
    free_twice(text_of(20 << 20));
}

static void double_free_list(void)
{
    char **list = rt_dir_list("/");
    rt_free(list);
    rt_free(list);
}

static void list_entry(void)
{
    char **list = rt_dir_list("/proc/self"); /* about fifty names, of many lengths */
    if (which >= (int64_t)rt_len(list))
        rt_exit(3);
    rt_free(list[which]);
}

static void misaligned(void)
{
    static const int offsets[7] = {1, 2, 4, 8, 15, -1, -8};
    rt_free(text_of(1000) + offsets[which]);
}

static void interior(void)
{
    static const int offsets[5] = {16, 32, 4096, 50000, -16};
    rt_free(text_of(60000) + offsets[which]);
}

/* Past the memory of a text, but near it. */
static void past_the_end(void)
{
    static const struct {
        size_t size, offset;
    } rows[5] = {{100, 1 << 16}, {300000, 300000 - 300000 % 16 + (1 << 17)}, {300000, 900 << 10}, {1 << 20, (3 << 20) + (1 << 19)}, {20 << 20, 40 << 20}};
    rt_free(text_of(rows[which].size) + rows[which].offset);
}

static _Alignas(64) char memory[64];

static void outside_static(void)
{
    rt_free(memory + 16);
}

static void outside_stack(void)
{
    _Alignas(64) volatile char local[64];
    local[16] = 'l';
    rt_free((void *)(uintptr_t)(local + 16));
}

static void outside_null_page(void)
{
    static const uintptr_t addresses[7] = {16, 8, 1, 4096, UINTPTR_MAX - 15, UINTPTR_MAX, UINTPTR_MAX / 2 + 1};
    rt_free((void *)addresses[which]);
}

/* Detected as well after much other use of the memory. */
static void double_free_after_use(void)
{
    for (int i = 0; i < 1000; i++)
        rt_free(rt_env_cwd());
    free_twice(rt_env_cwd());
}

/* Texts of this size and number, all freed. Their pointers are stale. */
enum { STALE = 4000, STALE_TEXTS = 15000, OTHER = 6500 };
static char *stale[STALE_TEXTS];

static void make_stale(int64_t count)
{
    texts_of(STALE, stale, count);
    rt_env_set("MISUSE", "");
    for (int64_t i = 0; i < count; i++)
        rt_free(stale[i]);
}

/* Most of the 60 MB go back to the kernel. */
static void stale_unmapped(void)
{
    make_stale(STALE_TEXTS);
    rt_free(stale[which * (STALE_TEXTS - 1) / 14]);
}

/* Returns a stale pointer that is by chance none of these texts. */
static char *stale_but(char *const *texts, int count)
{
    for (int64_t i = which * 90;; i++) {
        int at = 0;
        while (at < count && texts[at] != stale[i])
            at++;
        if (at == count)
            return stale[i];
    }
}

/* Their memory is now that of large texts. */
static void stale_in_large(void)
{
    make_stale(1000);
    static char *large[10];
    texts_of(900000, large, 10);
    rt_free(stale_but(large, 10));
}

/* Their memory is now that of texts of another size. */
static void stale_in_other(void)
{
    make_stale(1000);
    static char *other[1000];
    texts_of(OTHER, other, 1000);
    rt_free(stale_but(other, 1000));
}

static const struct {
    const char *name;
    void (*misuse)(void);
    int64_t pointers; /* the number of pointers; 0 if the misuse itself knows it */
} misuses[] = {
    {"double_free", double_free, 10},
    {"double_free_medium", double_free_medium, 1},
    {"double_free_large", double_free_large, 1},
    {"double_free_list", double_free_list, 1},
    {"double_free_after_use", double_free_after_use, 1},
    {"list_entry", list_entry, 0},
    {"misaligned", misaligned, 7},
    {"interior", interior, 5},
    {"past_the_end", past_the_end, 5},
    {"outside_stack", outside_stack, 1},
    {"outside_static", outside_static, 1},
    {"outside_null_page", outside_null_page, 7},
    {"stale_unmapped", stale_unmapped, 15},
    {"stale_in_large", stale_in_large, 10},
    {"stale_in_other", stale_in_other, 10},
};
enum { MISUSES = sizeof misuses / sizeof *misuses };

/* Runs each misuse with each number. A shell's 134 may be a signal or an exit code: the harness tells them apart. */
static int all(const char *self, const char *file)
{
    CHECK(rt_env_set("SELF", self));
    CHECK(rt_env_set("OUTPUT", file));
    CHECK(rt_env_set("ERROR", "ffi_syscalls: rt_free: "));
    for (size_t i = 0; i < MISUSES; i++) {
        int64_t number = 0, code;
        do {
            struct line digits = {0}, what = {0};
            add_number(&digits, number++);
            add(&what, misuses[i].name);
            add(&what, " ");
            add(&what, digits.text);
            const char *const arguments[] = {"-c", "ulimit -c 0; exec \"$SELF\" \"$0\" \"$1\" > \"$OUTPUT\" 2>&1", misuses[i].name, digits.text};
            code = rt_process_run("sh", arguments, 4);
            if (code == 3)
                break;
            if (equal_at(code, 128 + 6, __FILE__, __LINE__, what.text)) {
                const char *const look[] = {"-c", "case $(cat \"$OUTPUT\") in \"$ERROR\"?*) ;; *) exit 1;; esac"};
                equal_at(rt_process_run("sh", look, 2), 0, __FILE__, __LINE__, what.text);
            }
        } while (number < 100);
        CHECK(number > 1); /* there is always a first */
    }
    CHECK(rt_file_delete(file));
    return verdict();
}

int main(int argc, char **argv)
{
    if (argc == 3 && same(argv[1], "all"))
        return all(argv[0], argv[2]);
    which = argc == 3 ? number_in(argv[2]) : 0;
    for (size_t i = 0; i < MISUSES && argc >= 2; i++)
        if (same(argv[1], misuses[i].name)) {
            if (which >= misuses[i].pointers && misuses[i].pointers > 0)
                return 3;
            misuses[i].misuse();
            rt_print("survived\n");
            return 1;
        }
    rt_eprint("usage: misuse NAME [NUMBER] | misuse all FILE, where NAME is one of");
    for (size_t i = 0; i < MISUSES; i++) {
        rt_eprint(" ");
        rt_eprint(misuses[i].name);
    }
    rt_eprint("\n");
    return 2;
}
