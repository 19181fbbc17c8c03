/*
 * copy SOURCE DESTINATION: copies content and permission bits. The exit code is 1 on failure, 2 on wrong usage.
 */
#include "ffi_syscalls.h"

int main(int argc, char **argv, char **envp)
{
    (void)envp;
    if (argc != 3)
        return 2;
    return rt_file_copy(argv[1], argv[2]) ? 0 : 1;
}
