/*
 * What one call costs a program that calls nothing else. CALL is the call, as an int; 0 for the program without any.
 */
#include "ffi_syscalls.h"

int main(int argc, char **argv, char **envp)
{
    (void)argc, (void)argv, (void)envp;
    return CALL;
}
