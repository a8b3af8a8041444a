#include "interrupt.h"

#include <signal.h>
#include <string.h>

static volatile int stop; /* int, as struct weft_bench_plan has it; a signal handler may set a volatile int on Linux */

static void on_interrupt(int number)
{
    (void)number;
    stop = 1;
}

const volatile int *interrupt_catch(void)
{
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_handler = on_interrupt;
    action.sa_flags = SA_RESTART | SA_RESETHAND;
    sigemptyset(&action.sa_mask);
    sigaction(SIGINT, &action, NULL);
    return &stop;
}
