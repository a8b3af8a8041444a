/* weft: what is known of the processor's ports. */
#ifndef WEFT_CORE_PORTS_H
#define WEFT_CORE_PORTS_H

#include <stdbool.h>

/* Whether 512-bit shuffles, conversions and additions have ports beside the multiplier's, so that among products they cost
 * little: AMD's (Zen 4, measured). Elsewhere (Golden Cove, measured) they take turns with products. Alone in its file, so
 * that a test may put another in its place. */
bool weft_ports_apart(void);

#endif
