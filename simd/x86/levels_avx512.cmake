# The AVX-512 levels (simd/CMakeLists.txt).
set(avx512 -mavx2 -mfma -mf16c -mavx512f -mavx512bw -mavx512dq -mavx512vl)
weft_simd_level(AVX512
  FLAGS ${avx512}
  PROBE "#include <immintrin.h>\n__m512i weft_probe(__m512i a, __m512i b) { return _mm512_maddubs_epi16(a, b); }\n"
  SOURCES x86/conv_c4_avx512.c x86/conv_c5_avx512.c x86/conv_c8_avx512.c x86/dw_avx512.c x86/encode_avx512.c
    x86/epilogue_avx512.c x86/expand_avx512.c x86/lookup_avx512.c x86/maxpool_avx512.c
    x86/wino_avx512.c x86/wino_filter_avx512.c x86/wino44_avx512.c)
weft_simd_level(AVX512VNNI
  FLAGS ${avx512} -mavx512vnni
  PROBE "#include <immintrin.h>\n__m512i weft_probe(__m512i c, __m512i a, __m512i b) { return _mm512_dpbusd_epi32(c, a, b); }\n"
  SOURCES x86/conv_c4_avx512vnni.c x86/conv_c5_avx512vnni.c x86/conv_c8_avx512vnni.c x86/dw_avx512vnni.c
    x86/grouped_avx512vnni.c x86/wino_avx512vnni.c)
weft_simd_level(AVX512VBMI
  FLAGS ${avx512} -mavx512vnni -mavx512vbmi
  PROBE "#include <immintrin.h>\n__m512i weft_probe(__m512i i, __m512i t) { return _mm512_permutexvar_epi8(i, t); }\n"
  SOURCES x86/affine_avx512vbmi.c x86/conv_c4_avx512vbmi.c x86/conv_c5_avx512vbmi.c x86/dw3x3_avx512vbmi.c
    x86/epilogue_avx512vbmi.c x86/fused_avx512vbmi.c
    x86/lookup_avx512vbmi.c x86/strassen_avx512vbmi.c x86/wino_filter_avx512vbmi.c x86/wino_fused_avx512vbmi.c
    x86/wino22s2_avx512vbmi.c x86/wino_border_avx512vbmi.c)
