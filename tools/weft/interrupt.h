/* weft command: Ctrl-C that lets a measurement end. */
#ifndef WEFT_TOOLS_INTERRUPT_H
#define WEFT_TOOLS_INTERRUPT_H

/* From now on the first Ctrl-C sets what the pointer shows; the second one ends the process. */
const volatile int *interrupt_catch(void);

#endif
