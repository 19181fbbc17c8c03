/*
 * Calls each function that takes a text with NULL. Such a call fails with EFAULT, whatever else the function does.
 */
#ifndef FFI_SYSCALLS_TESTS_NULL_TEXTS_H
#define FFI_SYSCALLS_TESTS_NULL_TEXTS_H

#include "ffi_syscalls.h"

#include "operations.h"

static inline bool is_null_or_empty(char *text)
{
    bool is = text == NULL || *text == 0;
    rt_free(text);
    return is;
}

/* The name of the first function that does not refuse NULL, or NULL when all do. */
static inline const char *function_that_takes_null(void)
{
#define TEXT_AT(n) NULL
#define TEXTS_AT(n) NULL
#define COUNT_AT(n) 0
#define FLAG_AT(n) false
#define NUMBER_AT(n) 0
#define BYTES_AT(n) NULL
#define LENGTH_AT(n) 1
#define POINTER_AT(n) NULL
#define SIZE_AT(n) NULL
#define REFUSED_BOOLEAN(call) !call
#define REFUSED_NUMBER(call) ((int64_t)call <= 0)
#define REFUSED_TEXT(call) is_null_or_empty(call)
#define REFUSED_LIST(call) (call == NULL)
#define REFUSED_POINTER(call) (call == NULL)
#define REFUSED_CONSTANT(call) (call == NULL)
#define REFUSED_NOTHING(call) (call, true)
    enum { FAULT = 14 }; /* EFAULT, on every system */
/* Another error comes first, so that one left over does not pass for the function's own. */
#define REFUSES(kind, returns, name, parameters, arguments)                                                            \
    (void)rt_file_unlock(-1);                                                                                          \
    if (!REFUSED_##kind(name arguments) || rt_last_error() != FAULT)                                                   \
        return #name;
    TAKING_TEXT(REFUSES)
    return NULL;
#undef TEXT_AT
#undef TEXTS_AT
#undef COUNT_AT
#undef FLAG_AT
#undef NUMBER_AT
#undef BYTES_AT
#undef LENGTH_AT
#undef POINTER_AT
#undef SIZE_AT
}

#endif
