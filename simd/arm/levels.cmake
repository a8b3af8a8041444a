# The AArch64 levels (simd/CMakeLists.txt).
weft_simd_level(NEON
  PROBE "#include <arm_neon.h>\nint8x16_t weft_probe(int8x16_t t, uint8x16_t i) { return vqtbl1q_s8(t, i); }\n"
  SOURCES)
weft_simd_level(DOTPROD
  FLAGS -march=armv8.2-a+dotprod
  PROBE "#include <arm_neon.h>\nint32x4_t weft_probe(int32x4_t c, int8x16_t a, int8x16_t b) { return vdotq_s32(c, a, b); }\n"
  SOURCES)
