/*
 * A program that calls rt_last_error() alone; its shared object makes all other calls. The program takes that one
 * function from the archive. Compiled twice, as two_parts.c is.
 */
#include <stdio.h>

#include "ffi_syscalls.h"

#include "contract.h"

bool object_finds(const char *path);

#ifdef OBJECT

bool object_finds(const char *path)
{
    return rt_file_exists(path);
}

#else

int main(void)
{
    const char *const paths[] = {"/no/such/file", "/dev/null/file"};
    static const int32_t errors[] = {2, 20}; /* ENOENT, ENOTDIR */
    int failed = 0;
    for (int i = 0; i < 2; i++)
        if (object_finds(paths[i]) || rt_last_error() != errors[i]) {
            printf("FAILED: %s: last error is %d, not %d\n", paths[i], rt_last_error(), errors[i]);
            failed = 1;
        }
    return failed;
}

#endif
