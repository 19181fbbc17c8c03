/*
 * The first 28 functions, as the contract declares them. Written by hand: callers are compiled against these signatures,
 * so they never change, and none is added. operations.h is the list of all functions.
 *
 * Included after the generated header, it turns any difference between the two into an error of the compiler.
 */
#ifndef FFI_SYSCALLS_TESTS_CONTRACT_H
#define FFI_SYSCALLS_TESTS_CONTRACT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#define CONTRACT_NORETURN /* C++ wants it on the first declaration, which is the header's */
#else
#define CONTRACT_NORETURN _Noreturn
#endif

/* files */
bool rt_file_exists(const char *path);
char *rt_file_read_text(const char *path);
bool rt_file_write_text(const char *path, const char *content);
bool rt_file_append_text(const char *path, const char *content);
bool rt_file_copy(const char *src, const char *dst);
bool rt_file_delete(const char *path);
bool rt_file_remove(const char *path);
int64_t rt_file_size(const char *path);
int64_t rt_file_modified_time(const char *path);
int64_t rt_file_lock(const char *path);
bool rt_file_unlock(int64_t fd);
/* directories */
bool rt_dir_create(const char *path, bool recursive);
char **rt_dir_list(const char *path);
/* environment */
char *rt_env_cwd(void);
char *rt_env_get(const char *key);
char *rt_env_home(void);
bool rt_env_set(const char *key, const char *value);
/* processes */
int64_t rt_getpid(void);
int32_t rt_process_run(const char *cmd, const char *const *args, size_t arg_count);
/* system */
int64_t rt_system_cpu_count(void);
char *rt_hostname(void);
/* support */
void rt_free(void *p);
size_t rt_len(const void *p);
int32_t rt_last_error(void);
const char *rt_error_text(int32_t err);
bool rt_print(const char *text);
bool rt_eprint(const char *text);
CONTRACT_NORETURN void rt_exit(int32_t code);

#ifdef __cplusplus
}
#endif

#endif
