/*
 * Prints a line. As small as a program gets: README.md has the command that links it.
 */
#include "ffi_syscalls.h"

int main(int argc, char **argv, char **envp)
{
    (void)argc, (void)argv, (void)envp;
    return rt_print("hello\n") ? 0 : 1;
}
