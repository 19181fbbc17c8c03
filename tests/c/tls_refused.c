/*
 * Thread-local variables for which no machine has memory. The program ends with a message before its constructors run.
 */
#include "ffi_syscalls.h"

/* Nothing refers to it, so it asks the linker to keep it. */
__asm__(".pushsection .tbss.large,\"awTR\",%nobits\n"
        ".zero 1 << 48\n"
        ".popsection");

__attribute__((constructor)) static void construct(void)
{
    rt_print("constructor\n");
}

int main(void)
{
    return 0;
}
