/*
 * copy SOURCE DESTINATION: content and permission bits. Exit code 1 when that fails, 2 when it is called wrongly.
 */
#include "ffi_syscalls.h"

int main(int argc, char **argv, char **envp)
{
    (void)envp;
    if (argc != 3)
        return 2;
    return rt_file_copy(argv[1], argv[2]) ? 0 : 1;
}
