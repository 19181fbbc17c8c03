/*
 * Sets up a condition that a process can only set for itself, before the main of a program with a libc. RT_SURROUND
 * names it.
 *
 *     storm MICROSECONDS    a timer's signals, whose handler interrupts system calls (no SA_RESTART)
 *     nocldwait             SIGCHLD has its default handler, but children leave no zombie (SA_NOCLDWAIT)
 *     handled               SIGCHLD has a handler of the program's, without SA_RESTART
 *
 * Linked with another program, it runs before that program's main, and in the children that run the same program.
 */
#define _GNU_SOURCE
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

static atomic_uint arrived;
static int is_first; /* of the processes that run this program */

static void count(int signal)
{
    (void)signal;
    arrived++;
}

static void give_up(const char *what)
{
    fprintf(stderr, "surround: %s\n", what);
    _exit(3);
}

static void handle(int signal, void (*handler)(int), int flags)
{
    struct sigaction action = {.sa_handler = handler, .sa_flags = flags};
    if (sigaction(signal, &action, NULL) != 0)
        give_up("sigaction");
}

__attribute__((constructor)) static void surround(void)
{
    const char *kind = getenv("RT_SURROUND");
    if (kind == NULL)
        return;
    is_first = getenv("RT_SURROUNDED") == NULL;
    setenv("RT_SURROUNDED", "", 1);
    if (strncmp(kind, "storm ", 6) == 0) {
        struct timeval often = {.tv_usec = atoi(kind + 6)};
        struct itimerval timer = {.it_interval = often, .it_value = often};
        handle(SIGALRM, count, 0);
        if (setitimer(ITIMER_REAL, &timer, NULL) != 0)
            give_up("setitimer");
    } else if (strcmp(kind, "nocldwait") == 0) {
        handle(SIGCHLD, SIG_DFL, SA_NOCLDWAIT);
    } else if (strcmp(kind, "handled") == 0) {
        handle(SIGCHLD, count, 0);
    } else {
        give_up("RT_SURROUND has an unknown value");
    }
}

/* Checks that the setting is unchanged, and that signals have arrived. */
__attribute__((destructor)) static void look_back(void)
{
    const char *kind = getenv("RT_SURROUND");
    struct sigaction action;
    if (kind == NULL)
        return;
    if (strcmp(kind, "nocldwait") == 0) {
        if (sigaction(SIGCHLD, NULL, &action) != 0 || !(action.sa_flags & SA_NOCLDWAIT))
            give_up("SA_NOCLDWAIT is gone");
        return;
    }
    if (sigaction(*kind == 's' ? SIGALRM : SIGCHLD, NULL, &action) != 0 || action.sa_handler != count)
        give_up("the handler is gone");
    if (is_first)
        fprintf(stderr, "signals handled: %u\n", arrived);
}
