/* Many pixels by 32 channels of a convolution in small groups, or of one group by taps of four inputs. Sixteen bytes of
 * a pixel, those of one to four groups, stand four times in a register, so that each 32-bit lane meets four inputs of
 * its own group: no product is with a weight of zero. With 8 inputs the two halves of a sum lie side by side and are
 * added last. */
#include "simd/x86/conv_avx512.h"

#define PIXELS 8 /* of a tile (with 10 and 12 rows leave the registers); 6 with groups of 8: twice the sums */
#define UNITS 2  /* 16 channels each */
#define PARTS 2  /* vectors of sums for a unit, with groups of 8 */

/* Constants of a tile. */
struct shape {
    int size, mr, units, parts, steps; /* steps: four inputs at a time, 4 with groups of 16 */
    int inputs, apart;                 /* inputs of a tap; apart: bytes from those of a unit to those of the next */
};

WEFT_INLINE struct shape shape_of(int size, int half)
{
    return (struct shape){size, size == 8 ? 6 : PIXELS, half ? 1 : UNITS, size == 8 ? PARTS : 1, size == 16 ? 4 : 1,
                          size == NR ? 4 : size, size == NR ? 0 : 16};
}

/* Four inputs of one group in all lanes, or the inputs of several groups lane by lane. */
WEFT_INLINE __m512i load_inputs(const struct shape *s, const uint8_t *p)
{
    return s->size >= 16 ? broadcast4(p) : _mm512_broadcast_i32x4(_mm_loadu_si128((const __m128i *)(const void *)p));
}

/* sums += the products of one tap. */
WEFT_INLINE void add_tap(const struct shape *s, const uint8_t *const *row, ptrdiff_t off, const uint8_t *w,
                         __m512i *sum)
{
    WEFT_UNROLL
    for (int step = 0; step < s->steps; step++) {
        WEFT_UNROLL
        for (int unit = 0; unit < s->units; unit++) {
            __m512i weights[PARTS];
            WEFT_UNROLL
            for (int part = 0; part < s->parts; part++) {
                weights[part] = _mm512_loadu_si512(w + ((step * UNITS + unit) * s->parts + part) * 64);
            }
            WEFT_UNROLL
            for (int i = 0; i < s->mr; i++) {
                __m512i x = load_inputs(s, row[i] + off + unit * s->apart + step * 4);
                WEFT_UNROLL
                for (int part = 0; part < s->parts; part++) {
                    __m512i *to = &sum[(i * s->units + unit) * s->parts + part];
                    *to = _mm512_dpbusd_epi32(*to, x, weights[part]);
                    WEFT_KEEP512(*to);
                }
            }
        }
    }
}

/* Sums of a unit in the order of its channels. Lane 4*l + j of a vector is of the group of inputs 4*j, its output l (of
 * the second part l + 4). */
WEFT_INLINE __m512i in_order(const struct shape *s, const __m512i *sum)
{
    if (s->size >= 16) {
        return sum[0];
    }
    if (s->size == 4) {
        return _mm512_permutexvar_epi32(_mm512_setr_epi32(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15),
                                        sum[0]);
    }
    const __m512i low = _mm512_setr_epi32(0, 4, 8, 12, 16, 20, 24, 28, 2, 6, 10, 14, 18, 22, 26, 30);
    const __m512i high = _mm512_setr_epi32(1, 5, 9, 13, 17, 21, 25, 29, 3, 7, 11, 15, 19, 23, 27, 31);
    return _mm512_add_epi32(_mm512_permutex2var_epi32(sum[0], low, sum[1]),
                            _mm512_permutex2var_epi32(sum[0], high, sum[1]));
}

/* Past the last pixel the last tile computes its first one again. */
WEFT_INLINE void grouped(const struct weft_grouped_args *args, int size, int half)
{
    const struct shape s = shape_of(size, half);
    for (int first = 0; first < args->pixels; first += s.mr) {
        const int left = args->pixels - first;
        const uint8_t *row[PIXELS], *w = args->w;
        __m512i sum[PIXELS * UNITS * PARTS];
        WEFT_UNROLL
        for (int i = 0; i < s.mr; i++) {
            row[i] = args->a[first + (i < left ? i : 0)] + args->off;
        }
        WEFT_UNROLL
        for (int i = 0; i < s.mr * s.units * s.parts; i++) {
            sum[i] = _mm512_setzero_si512();
        }
        for (int t = 0; t < args->taps; t++, w += s.inputs * NR) {
            add_tap(&s, row, args->tap_off[t], w, sum);
        }
        int32_t *acc = args->acc + (ptrdiff_t)first * NR;
        WEFT_UNROLL
        for (int i = 0; i < s.mr; i++) {
            WEFT_UNROLL
            for (int unit = 0; unit < s.units; unit++) {
                if (i >= left) {
                    return;
                }
                __m512i all = in_order(&s, &sum[(i * s.units + unit) * s.parts]);
                all = _mm512_add_epi32(all, _mm512_loadu_si512(args->init + unit * 16));
                _mm512_storeu_si512(acc + i * NR + unit * 16, all);
            }
        }
    }
}

#define GROUPED(name, size, half)                                                       \
    static __attribute__((noinline)) void name(const struct weft_grouped_args *args)    \
    {                                                                                   \
        grouped(args, size, half);                                                      \
    }
GROUPED(whole_4, 4, 0)
GROUPED(whole_8, 8, 0)
GROUPED(whole_16, 16, 0)
GROUPED(whole_one, NR, 0)
GROUPED(half_4, 4, 1)
GROUPED(half_8, 8, 1)
GROUPED(half_16, 16, 1)
GROUPED(half_one, NR, 1)

void weft_grouped_avx512vnni(const struct weft_grouped_args *args)
{
    assert(args->pixels >= 1 && args->taps >= 1);
    assert(args->size == 4 || args->size == 8 || args->size == 16 || args->size == NR);
    assert((uintptr_t)args->w % 64 == 0 && (uintptr_t)args->acc % 64 == 0);
    switch (args->size) {
    case 4: (args->half ? half_4 : whole_4)(args); break;
    case 8: (args->half ? half_8 : whole_8)(args); break;
    case 16: (args->half ? half_16 : whole_16)(args); break;
    default: (args->half ? half_one : whole_one)(args); break;
    }
}
