/* The same as tls.c, with variables that are aligned to a page. */
#define ALIGNMENT 4096
#include "tls.c"
