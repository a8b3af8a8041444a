/* weft: instruction-set levels. A closed, cumulative list; see house rules in docs/kernels.md. */
#ifndef WEFT_SIMD_ISA_H
#define WEFT_SIMD_ISA_H

/* Bits of an ISA mask. A level implies the levels before it in its family. */
enum weft_isa_bit {
    WEFT_ISA_SCALAR = 1u << 0,     /* always set */
    WEFT_ISA_AVX2 = 1u << 1,       /* AVX2 + FMA + F16C, ymm state enabled by the OS */
    WEFT_ISA_AVX512 = 1u << 2,     /* F + BW + DQ + VL, zmm and opmask state enabled by the OS */
    WEFT_ISA_AVX512VNNI = 1u << 3, /* + AVX512_VNNI */
    WEFT_ISA_AVX512VBMI = 1u << 4, /* + AVX512_VBMI (implies VNNI here) */
    WEFT_ISA_NEON = 1u << 5,       /* AArch64 Advanced SIMD */
    WEFT_ISA_DOTPROD = 1u << 6     /* + FEAT_DotProd (sdot, udot) */
};

/* Number of levels named above. */
#define WEFT_ISA_COUNT 7

/* All the levels that the processor and the operating system grant, cumulative. Pure; thread-safe. */
unsigned weft_isa_detect(void);

/* Whether 512-bit shuffles, conversions and additions have ports beside the multiplier's, so that among products they
 * cost little: 1 on AMD's processors (Zen 4, measured). On others (Golden Cove, measured) they take turns with
 * products: 0. */
int weft_isa_ports_apart(void);

/* Levels compiled into this library. */
unsigned weft_isa_compiled(void);

/* Name of one level ("avx2"); NULL if `bit` is not exactly one known level. */
const char *weft_isa_bit_name(unsigned bit);

/* Mask of the level called `name`, with all that it implies; 0 if there is no such name. */
unsigned weft_isa_mask_from_name(const char *name);

/* The one highest level of a mask, as a single bit. */
unsigned weft_isa_top(unsigned mask);

#endif
