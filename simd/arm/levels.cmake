# The AArch64 levels (simd/CMakeLists.txt).
weft_simd_level(NEON
  PROBE "#include <arm_neon.h>\nint8x16_t weft_probe(int8x16_t t, uint8x16_t i) { return vqtbl1q_s8(t, i); }\n"
  SOURCES arm/conv_c4_neon.c arm/conv_c5_neon.c arm/conv_c8_neon.c arm/dw_neon.c arm/encode_neon.c
    arm/expand_neon.c arm/epilogue_neon.c arm/lookup_neon.c arm/maxpool_neon.c arm/planes3_neon.c arm/wino_neon.c
    arm/wino_filter_neon.c)
weft_simd_level(DOTPROD
  FLAGS -march=armv8.2-a+dotprod
  PROBE "#include <arm_neon.h>\nint32x4_t weft_probe(int32x4_t c, int8x16_t a, int8x16_t b) { return vdotq_s32(c, a, b); }\n"
  SOURCES arm/conv_c4_dotprod.c arm/conv_c5_dotprod.c arm/conv_c8_dotprod.c)
