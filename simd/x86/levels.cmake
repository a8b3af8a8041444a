# The x86 levels (simd/CMakeLists.txt).
weft_simd_level(AVX2
  FLAGS -mavx2 -mfma -mf16c
  PROBE "#include <immintrin.h>\n__m256i weft_probe(__m256i a, __m256i b) { return _mm256_maddubs_epi16(a, b); }\n"
  SOURCES x86/conv_c4_avx2.c x86/conv_c5_avx2.c x86/conv_c8_avx2.c x86/dw_avx2.c x86/encode_avx2.c
    x86/epilogue_avx2.c x86/expand_avx2.c x86/lookup_avx2.c x86/maxpool_avx2.c
    x86/planes3_avx2.c x86/wino_avx2.c x86/wino_filter_avx2.c x86/wino44_avx2.c x86/wino_lanes_avx2.c)
include(x86/levels_avx512.cmake)
