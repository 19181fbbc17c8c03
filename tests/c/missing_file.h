/*
 * A call of each function that takes a text or nothing, with the path of a missing file as the text. None of them has an
 * effect that matters, so that programs may make all of these calls, also of functions that are added later.
 */
#ifndef FFI_SYSCALLS_TESTS_MISSING_FILE_H
#define FFI_SYSCALLS_TESTS_MISSING_FILE_H

#include "ffi_syscalls.h"

#include "operations.h"

#define TEXT_AT(n) "missing/file\n" /* a line, for functions that print it */
#define TEXTS_AT(n) NULL
#define COUNT_AT(n) 0
#define FLAG_AT(n) false
#define NUMBER_AT(n) 0
#define BYTES_AT(n) "0123456789"
#define LENGTH_AT(n) 10
#define POINTER_AT(n) NULL
#define SIZE_AT(n) NULL
#define DONE_BOOLEAN(call) (void)call
#define DONE_NUMBER(call) (void)call
#define DONE_TEXT(call) rt_free(call)
#define DONE_LIST(call) rt_free(call)
#define DONE_POINTER(call) (void)call
#define DONE_CONSTANT(call) (void)call
#define DONE_NOTHING(call) call
#define DONE_NEVER(call) (void)0

#define CALL_(kind, returns, name, parameters, arguments)                                                              \
    static void missing_##name(void)                                                                                   \
    {                                                                                                                  \
        DONE_##kind(name arguments);                                                                                   \
    }
TAKING_TEXT(CALL_)
TAKING_NOTHING(CALL_)

#define ROW_(kind, returns, name, parameters, arguments) {#name ": a missing file", #name, missing_##name},
#define ROW_OF_NOTHING_(kind, returns, name, parameters, arguments) {#name, #name, missing_##name},
static const struct {
    const char *name, *function;
    void (*call)(void);
} missing_file_calls[] = {TAKING_TEXT(ROW_) TAKING_NOTHING(ROW_OF_NOTHING_)};
enum { MISSING_FILE_CALLS = sizeof missing_file_calls / sizeof *missing_file_calls };

#undef TEXT_AT
#undef TEXTS_AT
#undef COUNT_AT
#undef FLAG_AT
#undef NUMBER_AT
#undef BYTES_AT
#undef LENGTH_AT
#undef POINTER_AT
#undef SIZE_AT
#undef CALL_
#undef ROW_
#undef ROW_OF_NOTHING_

#endif
