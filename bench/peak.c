#include <string.h>

#include <weft/bench.h>

/* The multiply instructions alone, with twelve independent accumulators and no memory: what the core can do
 * at most. Written in assembly so that no compiler and no flag changes what is measured. */

#define TWELVE(F) F(0) F(1) F(2) F(3) F(4) F(5) F(6) F(7) F(8) F(9) F(10) F(11)
#define UNROLL 4 /* groups of twelve per turn */

#if defined(__x86_64__)

#define CLOBBERS                                                                                                 \
    "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7", "xmm8", "xmm9", "xmm10", "xmm11", "xmm12",    \
        "xmm13", "xmm14", "xmm15", "cc"
#define TURN(name, GROUP)                                                                             \
    static void name(long turns)                                                                                 \
    {                                                                                                            \
        __asm__ volatile(TWELVE(ZERO_V) "vpxor %%xmm13, %%xmm13, %%xmm13\n vpxor %%xmm14, %%xmm14, %%xmm14\n"        \
                         ".p2align 6\n1:\n" TWELVE(GROUP) TWELVE(GROUP) TWELVE(GROUP) TWELVE(GROUP)               \
                         "dec %0\n jnz 1b\n vzeroupper\n"                                                         \
                         : "+r"(turns)                                                                           \
                         :                                                                                       \
                         : CLOBBERS);                                                                            \
    }
#define ZERO_V(i) "vpxor %%xmm" #i ", %%xmm" #i ", %%xmm" #i "\n"
#define DPBUSD_Z(i) "vpdpbusd %%zmm13, %%zmm14, %%zmm" #i "\n"
/* The classic form keeps its sums in 0..11 and its temporaries in 12 and 15, renamed by the core. */
#define MADD_Y(i)                                                                                                \
    "vpmaddubsw %%ymm13, %%ymm14, %%ymm12\n vpmaddwd %%ymm13, %%ymm12, %%ymm15\n vpaddd %%ymm15, %%ymm" #i         \
    ", %%ymm" #i "\n"
#define MADD_Z(i)                                                                                                \
    "vpmaddubsw %%zmm13, %%zmm14, %%zmm12\n vpmaddwd %%zmm13, %%zmm12, %%zmm15\n vpaddd %%zmm15, %%zmm" #i         \
    ", %%zmm" #i "\n"
TURN(turn_vpdpbusd_zmm, DPBUSD_Z)
TURN(turn_madd_ymm, MADD_Y)
TURN(turn_madd_zmm, MADD_Z)

#elif defined(__aarch64__)

#define TURN(name, GROUP)                                                                                        \
    static void name(long turns)                                                                                 \
    {                                                                                                            \
        __asm__ volatile("movi v16.16b, #0\n movi v17.16b, #0\n1:\n" TWELVE(GROUP) TWELVE(GROUP)                 \
                             TWELVE(GROUP) TWELVE(GROUP) "subs %0, %0, #1\n b.ne 1b\n"                            \
                         : "+r"(turns)                                                                           \
                         :                                                                                       \
                         : "v0", "v1", "v2", "v3", "v4", "v5", "v6", "v7", "v8", "v9", "v10", "v11", "v16",       \
                           "v17", "v18", "cc");                                                                  \
    }
/* sdot v<i>.4s, v16.16b, v17.16b: not every assembler can be told here of an extension that its target lacks. */
#define SDOT(i) ".inst 0x4e919600 + " #i "\n"
#define SMULL(i) "smull v18.8h, v16.8b, v17.8b\n sadalp v" #i ".4s, v18.8h\n"
TURN(turn_sdot, SDOT)
TURN(turn_smull, SMULL)

#endif

static const struct {
    const char *isa, *what;
    void (*turn)(long turns);
    double macs; /* of one group */
} peaks[] = {
#if defined(__x86_64__)
    {"avx2", "vpmaddubsw+vpmaddwd+vpaddd ymm", turn_madd_ymm, 32},
    {"avx512", "vpmaddubsw+vpmaddwd+vpaddd zmm", turn_madd_zmm, 64},
    {"avx512vnni", "vpdpbusd zmm", turn_vpdpbusd_zmm, 64},
    {"avx512vbmi", "vpdpbusd zmm", turn_vpdpbusd_zmm, 64},
#elif defined(__aarch64__)
    {"neon", "smull+sadalp", turn_smull, 8},
    {"dotprod", "sdot", turn_sdot, 16},
#endif
    {NULL, NULL, NULL, 0},
};

double weft_bench_peak(const char *isa, const char **what)
{
    *what = "";
    unsigned bit = weft_isa_from_name(isa);
    if (bit == 0 || !(weft_isa_available() & bit)) {
        return 0;
    }
    for (size_t i = 0; peaks[i].isa; i++) {
        if (strcmp(peaks[i].isa, isa) != 0) {
            continue;
        }
        const long turns = 20000;
        double best = 0;
        *what = peaks[i].what;
        peaks[i].turn(turns); /* lets the clock settle for the vector width */
        for (int round = 0; round < 12; round++) {
            double start = weft_bench_now();
            peaks[i].turn(turns);
            double rate = peaks[i].macs * 12 * UNROLL * (double)turns / (weft_bench_now() - start);
            best = rate > best ? rate : best;
        }
        return best;
    }
    return 0;
}
