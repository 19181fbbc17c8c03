/*
 * A program that makes one call and nothing else, for the size that the call adds. CALL is the function's name; without
 * it the program makes none. The compiler does not know the parameters of the function.
 */
#include "ffi_syscalls.h"

#include "operations.h"

#define TEXT_AT(n) argv[1]
#define TEXTS_AT(n) (const char *const *)argv
#define COUNT_AT(n) (size_t)argc
#define FLAG_AT(n) argc > 1
#define NUMBER_AT(n) argc
#define BYTES_AT(n) argv[1]
#define LENGTH_AT(n) 1
#define SIZE_AT(n) (size_t *)(void *)argv
#define POINTER_AT(n) (void *)argv[1]

/* The result of main() for each kind of value. */
#define RESULT_BOOLEAN(call) call
#define RESULT_NUMBER(call) (int)call
#define RESULT_TEXT(call) call != NULL
#define RESULT_LIST(call) call != NULL
#define RESULT_POINTER(call) call != NULL
#define RESULT_CONSTANT(call) call != NULL
#define RESULT_NOTHING(call) (call, 0)
#define RESULT_NEVER(call) (call, 0)

#define RESULT(kind, returns, name, parameters, arguments) RESULT_##kind(name arguments)
#define RESULT_OF_ROW(name) ROW_##name(RESULT)
#define RESULT_OF(name) RESULT_OF_ROW(name)

int main(int argc, char **argv, char **envp)
{
    (void)argc, (void)argv, (void)envp;
#ifdef CALL
    return RESULT_OF(CALL);
#else
    return 0;
#endif
}
