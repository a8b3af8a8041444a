/* Detection of the instruction-set levels: what the processor has *and* the operating system saves. */
#include "simd/isa.h"

#include <stddef.h>
#include <string.h>

#include "simd/list.h"

#if defined(__x86_64__)
#include <cpuid.h>
#elif defined(__aarch64__)
#include <sys/auxv.h>
#endif

struct level {
    const char *name;
    unsigned mask; /* the level with all that it implies */
};

#define X86_1 (WEFT_ISA_SCALAR | WEFT_ISA_AVX2)
#define X86_2 (X86_1 | WEFT_ISA_AVX512)
#define X86_3 (X86_2 | WEFT_ISA_AVX512VNNI)
#define X86_4 (X86_3 | WEFT_ISA_AVX512VBMI)
#define ARM_1 (WEFT_ISA_SCALAR | WEFT_ISA_NEON)
#define ARM_2 (ARM_1 | WEFT_ISA_DOTPROD)

/* Index is the number of the level's bit. */
static const struct level levels[WEFT_ISA_COUNT] = {
    {"scalar", WEFT_ISA_SCALAR}, {"avx2", X86_1}, {"avx512", X86_2},  {"avx512vnni", X86_3},
    {"avx512vbmi", X86_4},       {"neon", ARM_1}, {"dotprod", ARM_2},
};

/* Keeps the levels of `bits` whose implied levels are there too. */
static unsigned close_downward(unsigned bits)
{
    unsigned mask = 0;
    for (int i = 0; i < WEFT_ISA_COUNT; i++) {
        if ((bits & levels[i].mask) == levels[i].mask) {
            mask |= 1u << i;
        }
    }
    return mask;
}

#if defined(__x86_64__)
static unsigned long long xgetbv0(void)
{
    unsigned eax, edx;
    __asm__ volatile("xgetbv" : "=a"(eax), "=d"(edx) : "c"(0));
    return (unsigned long long)edx << 32 | eax;
}

static unsigned detect(void)
{
    /* Not every <cpuid.h> names the bits below. */
    const unsigned fma = 1u << 12, osxsave = 1u << 27, avx = 1u << 28, f16c = 1u << 29;       /* leaf 1 ecx */
    const unsigned avx2 = 1u << 5, f = 1u << 16, dq = 1u << 17, bw = 1u << 30, vl = 1u << 31; /* leaf 7 ebx */
    const unsigned vbmi = 1u << 1, vnni = 1u << 11;                                           /* leaf 7 ecx */
    const unsigned long long ymm_state = 0x6, zmm_state = 0xe6; /* XCR0: xmm, ymm; opmask, zmm */
    unsigned a, b, c, d, bits = WEFT_ISA_SCALAR;
    if (!__get_cpuid(1, &a, &b, &c, &d) || (c & (osxsave | avx)) != (osxsave | avx)) {
        return bits;
    }
    int fused = (c & (fma | f16c)) == (fma | f16c);
    unsigned long long xcr0 = xgetbv0();
    if (!fused || (xcr0 & ymm_state) != ymm_state || !__get_cpuid_count(7, 0, &a, &b, &c, &d)) {
        return bits;
    }
    if (b & avx2) {
        bits |= WEFT_ISA_AVX2;
    }
    if ((b & (f | dq | bw | vl)) == (f | dq | bw | vl) && (xcr0 & zmm_state) == zmm_state) {
        bits |= WEFT_ISA_AVX512;
        bits |= c & vnni ? WEFT_ISA_AVX512VNNI : 0;
        bits |= c & vbmi ? WEFT_ISA_AVX512VBMI : 0;
    }
    return bits;
}

int weft_isa_ports_apart(void)
{
    unsigned most, b, c, d;
    return __get_cpuid(0, &most, &b, &c, &d) && b == signature_AMD_ebx && d == signature_AMD_edx &&
           c == signature_AMD_ecx;
}
#elif defined(__aarch64__)
static unsigned detect(void)
{
    const unsigned long asimd = 1ul << 1, asimddp = 1ul << 20; /* HWCAP_ASIMD, HWCAP_ASIMDDP */
    unsigned long hwcap = getauxval(AT_HWCAP);
    unsigned bits = WEFT_ISA_SCALAR;
    bits |= hwcap & asimd ? WEFT_ISA_NEON : 0;
    bits |= hwcap & asimddp ? WEFT_ISA_DOTPROD : 0;
    return bits;
}
#else
static unsigned detect(void)
{
    return WEFT_ISA_SCALAR;
}
#endif

#if !defined(__x86_64__)
int weft_isa_ports_apart(void)
{
    return 0;
}
#endif

unsigned weft_isa_detect(void)
{
    return close_downward(detect());
}

unsigned weft_isa_compiled(void)
{
    unsigned bits = 0;
#define LEVEL(bit, have, list) bits |= (have) ? (unsigned)(bit) : 0;
    WEFT_LEVELS(LEVEL)
#undef LEVEL
    return close_downward(bits);
}

const char *weft_isa_bit_name(unsigned bit)
{
    for (int i = 0; i < WEFT_ISA_COUNT; i++) {
        if (bit == 1u << i) {
            return levels[i].name;
        }
    }
    return NULL;
}

unsigned weft_isa_mask_from_name(const char *name)
{
    for (int i = 0; i < WEFT_ISA_COUNT; i++) {
        if (!strcmp(name, levels[i].name)) {
            return levels[i].mask;
        }
    }
    return 0;
}

unsigned weft_isa_top(unsigned mask)
{
    for (int i = WEFT_ISA_COUNT - 1; i > 0; i--) {
        if (mask & 1u << i) {
            return 1u << i;
        }
    }
    return WEFT_ISA_SCALAR;
}
