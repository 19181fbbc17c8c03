/*
 * Prints a line. README.md has the command that links it into the smallest program.
 */
#include "ffi_syscalls.h"

int main(int argc, char **argv, char **envp)
{
    (void)argc, (void)argv, (void)envp;
    return rt_print("hello\n") ? 0 : 1;
}
