#include "core/ports.h"

#if defined(__x86_64__)
#include <cpuid.h>

bool weft_ports_apart(void)
{
    unsigned most, b, c, d;
    return __get_cpuid(0, &most, &b, &c, &d) && b == signature_AMD_ebx && d == signature_AMD_edx && c == signature_AMD_ecx;
}
#else
bool weft_ports_apart(void)
{
    return false;
}
#endif
