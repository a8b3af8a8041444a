/* weft command: memory that lies somewhere else each time. */
#ifndef WEFT_TOOLS_SCATTER_H
#define WEFT_TOOLS_SCATTER_H

#include <stdatomic.h>
#include <stdint.h>

#include <weft/weft.h>

typedef _Atomic uint64_t scatter_state; /* any seed */

/* An allocator whose blocks are fresh pages of the system and begin at a random place within 64 KiB of them. *state
 * must outlive it. Several threads may use it. */
weft_allocator scatter_allocator(scatter_state *state);

#endif
