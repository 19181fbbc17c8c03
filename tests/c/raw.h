/*
 * Assembly for programs without a libc: system calls, the entry, and the start of a thread, for each architecture.
 */
#ifndef RAW_H
#define RAW_H

#include <asm/unistd.h>

/* The value of a macro, as text for the assembler. */
#define STRING_(value) #value
#define STRING(value) STRING_(value)

#if defined __x86_64__

static inline long system_call(long number, long a, long b, long c, long d)
{
    long result;
    register long fourth __asm__("r10") = d;
    __asm__ volatile("syscall" : "=a"(result) : "a"(number), "D"(a), "S"(b), "d"(c), "r"(fourth) : "rcx", "r11", "memory");
    return result;
}

#define BEGINNING                                                         \
    "  xor %ebp, %ebp\n"                                                  \
    "  mov (%rsp), %edi\n"            /* argc */                          \
    "  lea 8(%rsp), %rsi\n"           /* argv */                          \
    "  lea 16(%rsp,%rdi,8), %rdx\n"   /* envp */                          \
    "  and $-16, %rsp\n"                                                  \
    "  call run\n"                                                        \
    "  mov %eax, %edi\n"                                                  \
    "  mov $" STRING(__NR_exit_group) ", %eax\n"                          \
    "  syscall\n"

#define THREAD                                                            \
    "  sub $16, %rsi\n"               /* its function and argument, on its stack */ \
    "  mov %rcx, (%rsi)\n"                                                \
    "  mov %r8, 8(%rsi)\n"                                                \
    "  mov %rdx, %r10\n"              /* the id is cleared where it was set */ \
    "  xor %r8d, %r8d\n"              /* no thread-local storage */       \
    "  mov $" STRING(__NR_clone) ", %eax\n"                               \
    "  syscall\n"                                                         \
    "  test %rax, %rax\n"                                                 \
    "  jz 1f\n"                                                           \
    "  ret\n"                                                             \
    "1:\n"                                                                \
    "  xor %ebp, %ebp\n"                                                  \
    "  pop %rax\n"                                                        \
    "  pop %rdi\n"                                                        \
    "  call *%rax\n"                                                      \
    "  xor %edi, %edi\n"                                                  \
    "  mov $" STRING(__NR_exit) ", %eax\n"     /* ends this thread alone */ \
    "  syscall\n"                                                         \
    "  ud2\n"

#elif defined __aarch64__

static inline long system_call(long number, long a, long b, long c, long d)
{
    register long x8 __asm__("x8") = number;
    register long x0 __asm__("x0") = a;
    register long x1 __asm__("x1") = b;
    register long x2 __asm__("x2") = c;
    register long x3 __asm__("x3") = d;
    __asm__ volatile("svc 0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2), "r"(x3) : "memory");
    return x0;
}

#define BEGINNING                                                         \
    "  mov x29, xzr\n"                                                    \
    "  mov x30, xzr\n"                                                    \
    "  ldr x0, [sp]\n"                /* argc */                          \
    "  add x1, sp, 8\n"               /* argv */                          \
    "  add x2, x1, x0, lsl 3\n"                                           \
    "  add x2, x2, 8\n"               /* envp */                          \
    "  bl run\n"                                                          \
    "  mov x8, " STRING(__NR_exit_group) "\n"                             \
    "  svc 0\n"

#define THREAD                                                            \
    "  mov x9, x3\n"                  /* its function and argument, in registers that clone keeps */ \
    "  mov x10, x4\n"                                                     \
    "  mov x3, xzr\n"                 /* no thread-local storage */       \
    "  mov x4, x2\n"                  /* the id is cleared where it was set */ \
    "  mov x8, " STRING(__NR_clone) "\n"                                  \
    "  svc 0\n"                                                           \
    "  cbz x0, 1f\n"                                                      \
    "  ret\n"                                                             \
    "1:\n"                                                                \
    "  mov x29, xzr\n"                                                    \
    "  mov x0, x10\n"                                                     \
    "  blr x9\n"                                                          \
    "  mov x0, xzr\n"                                                     \
    "  mov x8, " STRING(__NR_exit) "\n"         /* ends this thread alone */ \
    "  svc 0\n"                                                           \
    "  brk 1\n"

#elif defined __riscv && __riscv_xlen == 64

static inline long system_call(long number, long a, long b, long c, long d)
{
    register long a7 __asm__("a7") = number;
    register long a0 __asm__("a0") = a;
    register long a1 __asm__("a1") = b;
    register long a2 __asm__("a2") = c;
    register long a3 __asm__("a3") = d;
    __asm__ volatile("ecall" : "+r"(a0) : "r"(a7), "r"(a1), "r"(a2), "r"(a3) : "memory");
    return a0;
}

#define BEGINNING                                                         \
    "  .option push\n"                                                    \
    "  .option norelax\n"                                                 \
    "  lla gp, __global_pointer$\n"                                       \
    "  .option pop\n"                                                     \
    "  li s0, 0\n"                                                        \
    "  li tp, 0\n"                                                        \
    "  ld a0, 0(sp)\n"                /* argc */                          \
    "  addi a1, sp, 8\n"              /* argv */                          \
    "  slli a2, a0, 3\n"                                                  \
    "  add a2, a2, a1\n"                                                  \
    "  addi a2, a2, 8\n"              /* envp */                          \
    "  andi sp, sp, -16\n"                                                \
    "  call run\n"                                                        \
    "  li a7, " STRING(__NR_exit_group) "\n"                              \
    "  ecall\n"

#define THREAD                                                            \
    "  mv t0, a3\n"                   /* its function and argument, in registers that clone keeps */ \
    "  mv t1, a4\n"                                                       \
    "  li a3, 0\n"                    /* no thread-local storage */       \
    "  mv a4, a2\n"                   /* the id is cleared where it was set */ \
    "  li a7, " STRING(__NR_clone) "\n"                                   \
    "  ecall\n"                                                           \
    "  beqz a0, 1f\n"                                                     \
    "  ret\n"                                                             \
    "1:\n"                                                                \
    "  li s0, 0\n"                                                        \
    "  mv a0, t1\n"                                                       \
    "  jalr t0\n"                                                         \
    "  li a0, 0\n"                                                        \
    "  li a7, " STRING(__NR_exit) "\n"          /* ends this thread alone */ \
    "  ecall\n"                                                           \
    "  unimp\n"

#else
#error "raw.h does not support this architecture"
#endif

/* The program's entry, which calls int run(int argc, char **argv, char **envp) and ends with its result. */
#define DEFINE_BEGINNING()                                                \
    __asm__(".pushsection .text._start,\"ax\",@progbits\n"                \
            ".globl _start\n"                                             \
            ".type _start,@function\n"                                    \
            "_start:\n" BEGINNING                                         \
            ".size _start, . - _start\n"                                  \
            ".popsection")

/*
 * long start_thread(long flags, void *stack_top, int *id, void (*life)(unsigned), unsigned argument):
 * the thread's id, or an error number, negated. The kernel sets *id, and clears it when the thread has ended.
 */
#define DEFINE_START_THREAD()                                             \
    long start_thread(long flags, void *stack_top, int *id, void (*life)(unsigned), unsigned argument); \
    __asm__(".pushsection .text.start_thread,\"ax\",@progbits\n"          \
            ".globl start_thread\n"                                       \
            ".type start_thread,@function\n"                              \
            "start_thread:\n" THREAD                                      \
            ".size start_thread, . - start_thread\n"                      \
            ".popsection")

#endif
