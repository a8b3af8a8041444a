/* Depthwise taps, 64 channels at a time: the bytes of four taps side by side make an operand of vpdpbusd.
 *
 * Taps that form a grid (a convolution's window, one column a fixed stretch behind the other) are interleaved by
 * columns, and each column serves all the pixels whose windows hold it: 3x3 with stride 1 takes 11 shuffles and 12
 * products for 64 sums. Any other taps are interleaved four by four. */
#include <assert.h>

#include "simd/x86/list_avx512.h"
#include "simd/x86/x86.h"

#define QUADS_MAX 2    /* of rows in a grid */
#define WIDTH_MAX 8    /* columns of a window */
#define COLUMNS_MAX 40 /* interleaved at a time: 20 KiB of stack */
#define TAPS_MAX 64    /* of other taps at a time */

struct grid {
    int rows, columns, step; /* step: columns from pixel to pixel */
    ptrdiff_t column;        /* bytes from column to column */
};

/* The grid of the taps; rows 0 if they form none that is of use. */
static struct grid find_grid(const struct weft_dw_args *args)
{
    const struct grid none = {0, 0, 0, 0};
    const uint8_t *const *a = args->a;
    struct grid g = {1, 1, 0, args->taps > 1 ? a[1] - a[0] : 0};
    if (args->pixels < 2 || g.column <= 0 || args->a_stride % g.column) {
        return none;
    }
    while (g.columns < args->taps && a[g.columns] - a[0] == g.columns * g.column) {
        g.columns++;
    }
    g.rows = args->taps / g.columns;
    ptrdiff_t step = args->a_stride / g.column;
    if (g.columns * g.rows != args->taps || g.columns > WIDTH_MAX || g.rows > 4 * QUADS_MAX || step < 1 ||
        step > g.columns) {
        return none;
    }
    for (int t = 0; t < args->taps; t++) {
        if (a[t] - a[t - t % g.columns] != t % g.columns * g.column) {
            return none;
        }
    }
    g.step = (int)step;
    return g;
}

struct block {
    int c;           /* first channel */
    __mmask64 some;  /* bytes of channels c.. */
    int whole;       /* all 64 */
};

/* The block from c on, up to `end`. */
static struct block block_at(int c, int end)
{
    int left = end - c;
    return (struct block){c, left >= 64 ? ~0ull : (1ull << left) - 1, left >= 64};
}

/* 64 bytes whose groups of four are dealt to the 128-bit lanes, so that interleaving leaves channels in order. */
WEFT_INLINE __m512i deal(const void *p, const struct block *b)
{
    const __m512i order = _mm512_setr_epi32(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15);
    __m512i x = b->whole ? _mm512_loadu_si512(p) : _mm512_maskz_loadu_epi8(b->some, p);
    return _mm512_permutexvar_epi32(order, x);
}

/* out[j]: four bytes, one of each row, of each of the channels 16j..16j+15. */
WEFT_INLINE void interleave(const __m512i row[4], __m512i out[4])
{
    __m512i low01 = _mm512_unpacklo_epi8(row[0], row[1]), high01 = _mm512_unpackhi_epi8(row[0], row[1]);
    __m512i low23 = _mm512_unpacklo_epi8(row[2], row[3]), high23 = _mm512_unpackhi_epi8(row[2], row[3]);
    out[0] = _mm512_unpacklo_epi16(low01, low23);
    out[1] = _mm512_unpackhi_epi16(low01, low23);
    out[2] = _mm512_unpacklo_epi16(high01, high23);
    out[3] = _mm512_unpackhi_epi16(high01, high23);
}

WEFT_INLINE __mmask16 part(const struct block *b, int j)
{
    return (__mmask16)(b->some >> (16 * j));
}

WEFT_INLINE void load_sums(const int32_t *from, const struct block *b, __m512i sum[4])
{
    WEFT_UNROLL
    for (int j = 0; j < 4; j++) {
        sum[j] = b->whole ? _mm512_loadu_si512(from + 16 * j) : _mm512_maskz_loadu_epi32(part(b, j), from + 16 * j);
    }
}

WEFT_INLINE void store_sums(int32_t *to, const struct block *b, const __m512i sum[4])
{
    WEFT_UNROLL
    for (int j = 0; j < 4; j++) {
        if (b->whole) {
            _mm512_storeu_si512(to + 16 * j, sum[j]);
        } else {
            _mm512_mask_storeu_epi32(to + 16 * j, part(b, j), sum[j]);
        }
    }
}

/* Rows 4q..4q+3 of one column; missing rows are zeros. `pitch` from row to row. */
WEFT_INLINE void weights_of(const struct weft_dw_args *args, const struct grid *g, const struct block *b, int column,
                            int q, __m512i out[4])
{
    __m512i row[4];
    for (int r = 0; r < 4; r++) {
        int tap = (4 * q + r) * g->columns + column;
        row[r] = 4 * q + r < g->rows ? deal(args->w + tap * args->wstride + b->c, b) : _mm512_setzero_si512();
    }
    interleave(row, out);
}

WEFT_INLINE void bytes_of(const struct weft_dw_args *args, const struct grid *g, const struct block *b, int rows, int q,
                          ptrdiff_t at, __m512i out[4])
{
    __m512i row[4];
    WEFT_UNROLL
    for (int r = 0; r < 4; r++) {
        row[r] = r < rows - 4 * q ? deal(args->a[(4 * q + r) * g->columns] + at, b) : _mm512_setzero_si512();
    }
    interleave(row, out);
}

/* Pixels first..first+count-1 of one block of channels. rows, columns: the grid's, constant where that pays. */
WEFT_INLINE void window(const struct weft_dw_args *args, const struct grid *g, const struct block *b, int rows,
                        int columns, int first, int count, const __m512i (*w)[4], __m512i (*x)[4])
{
    int quads = (rows + 3) / 4, wide = (count - 1) * g->step + columns;
    for (int i = 0; i < wide; i++) {
        for (int q = 0; q < quads; q++) {
            bytes_of(args, g, b, rows, q, first * args->a_stride + i * g->column + b->c, x[i * quads + q]);
        }
    }
    for (int p = 0; p < count; p++) {
        const __m512i(*from)[4] = (const __m512i(*)[4])(x + p * g->step * quads);
        __m512i sum[4];
        load_sums(args->init + b->c, b, sum);
        for (int i = 0; i < columns * quads; i++) {
            WEFT_UNROLL
            for (int j = 0; j < 4; j++) {
                sum[j] = _mm512_dpbusd_epi32(sum[j], from[i][j], w[i][j]);
            }
        }
        store_sums(args->acc + (first + p) * args->acc_stride + b->c, b, sum);
    }
}

WEFT_INLINE void all_windows(const struct weft_dw_args *args, const struct grid *g, const struct block *b, int rows,
                             int columns)
{
    __m512i w[WIDTH_MAX * QUADS_MAX][4], x[COLUMNS_MAX * QUADS_MAX][4];
    int quads = (rows + 3) / 4, most = (COLUMNS_MAX - columns) / g->step + 1;
    for (int i = 0; i < columns * quads; i++) {
        weights_of(args, g, b, i / quads, i % quads, w[i]);
    }
    for (int p = 0; p < args->pixels; p += most) {
        int count = args->pixels - p < most ? args->pixels - p : most;
        window(args, g, b, rows, columns, p, count, (const __m512i(*)[4])w, x);
    }
}

static __attribute__((noinline)) void windows_3x3(const struct weft_dw_args *args, const struct grid *g,
                                                  const struct block *b)
{
    if (b->whole) {
        struct block whole = {b->c, ~0ull, 1};
        all_windows(args, g, &whole, 3, 3);
    } else {
        all_windows(args, g, b, 3, 3);
    }
}

static __attribute__((noinline)) void windows_any(const struct weft_dw_args *args, const struct grid *g,
                                                  const struct block *b)
{
    all_windows(args, g, b, g->rows, g->columns);
}

/* 3x3 windows over pixels that lie side by side: a row of columns is one stretch of bytes, and no vector is left half
 * empty by a number of channels that is no multiple of 64. */
#define STREAM_CHANNELS_MAX 240
#define STREAM_VECTORS 256 /* interleaved at a time: 16 KiB of stack */

static int is_stream(const struct weft_dw_args *args, const struct grid *g)
{
    return g->rows == 3 && g->columns == 3 && g->column == args->channels && args->channels % 64 != 0 &&
           args->channels % 16 == 0 && args->channels <= STREAM_CHANNELS_MAX;
}

static void stream_weights(const struct weft_dw_args *args, const struct grid *g, __m512i w[][3])
{
    for (int c = 0; c < args->channels; c += 64) {
        struct block b = block_at(c, args->channels);
        for (int column = 0; column < 3; column++) {
            __m512i out[4];
            weights_of(args, g, &b, column, 0, out);
            for (int j = 0; j < 4 && c + 16 * j < args->channels; j++) {
                w[c / 16 + j][column] = out[j];
            }
        }
    }
}

static void stream(const struct weft_dw_args *args, const struct grid *g)
{
    __m512i w[STREAM_CHANNELS_MAX / 16][3], x[STREAM_VECTORS + 4];
    int vectors = args->channels / 16, most = (STREAM_VECTORS / vectors - 3) / g->step + 1;
    stream_weights(args, g, w);
    for (int first = 0; first < args->pixels; first += most) {
        int count = args->pixels - first < most ? args->pixels - first : most;
        int bytes = ((count - 1) * g->step + 3) * args->channels;
        for (int at = 0; at < bytes; at += 64) {
            struct block b = block_at(0, bytes - at);
            bytes_of(args, g, &b, 3, 0, first * args->a_stride + at, x + at / 16);
        }
        for (int v = 0; v < vectors; v++) {
            const __m512i init = _mm512_loadu_si512(args->init + 16 * v);
            const __m512i w0 = w[v][0], w1 = w[v][1], w2 = w[v][2];
            const __m512i *from = x + v;
            int32_t *acc = args->acc + first * args->acc_stride + 16 * v;
            for (int p = 0; p < count; p++) {
                __m512i sum = _mm512_dpbusd_epi32(init, from[0], w0);
                sum = _mm512_dpbusd_epi32(sum, from[vectors], w1);
                _mm512_storeu_si512(acc, _mm512_dpbusd_epi32(sum, from[2 * vectors], w2));
                from += g->step * vectors;
                acc += args->acc_stride;
            }
        }
    }
}

/* Taps first..first+count-1, four by four, on top of init or of what is there. */
static void scattered(const struct weft_dw_args *args, const struct block *b, int first, int count)
{
    __m512i w[TAPS_MAX / 4][4], row[4];
    for (int t = 0; t < count; t += 4) {
        for (int r = 0; r < 4; r++) {
            row[r] = t + r < count ? deal(args->w + (first + t + r) * args->wstride + b->c, b) : _mm512_setzero_si512();
        }
        interleave(row, w[t / 4]);
    }
    for (ptrdiff_t p = 0; p < args->pixels; p++) {
        int32_t *acc = args->acc + p * args->acc_stride + b->c;
        ptrdiff_t at = p * args->a_stride + b->c;
        __m512i sum[4], x[4];
        load_sums(first == 0 ? args->init + b->c : acc, b, sum);
        for (int t = 0; t < count; t += 4) {
            for (int r = 0; r < 4; r++) {
                row[r] = t + r < count ? deal(args->a[first + t + r] + at, b) : _mm512_setzero_si512();
            }
            interleave(row, x);
            WEFT_UNROLL
            for (int j = 0; j < 4; j++) {
                sum[j] = _mm512_dpbusd_epi32(sum[j], x[j], w[t / 4][j]);
            }
        }
        store_sums(acc, b, sum);
    }
}

/* 16-bit sums of the even and the odd channels to 32 bits in order, on top of acc. */
static void add_words(const __m512i sum[2], const struct block *b, int32_t *acc)
{
    _Alignas(64) uint16_t words[64];
    __m512i low = _mm512_unpacklo_epi16(sum[0], sum[1]), high = _mm512_unpackhi_epi16(sum[0], sum[1]);
    const __m512i first = _mm512_setr_epi64(0, 1, 8, 9, 2, 3, 10, 11),
                  second = _mm512_setr_epi64(4, 5, 12, 13, 6, 7, 14, 15);
    _mm512_store_si512(words, _mm512_permutex2var_epi64(low, first, high));
    _mm512_store_si512(words + 32, _mm512_permutex2var_epi64(low, second, high));
    __m512i total[4];
    load_sums(acc, b, total);
    WEFT_UNROLL
    for (int j = 0; j < 4; j++) {
        __m256i part = _mm256_load_si256((const __m256i *)(const void *)(words + 16 * j));
        total[j] = _mm512_add_epi32(total[j], _mm512_cvtepu16_epi32(part));
    }
    store_sums(acc, b, total);
}

/* All weights 1: bytes are summed in 16 bits, of which 257 hold. */
static void averages(const struct weft_dw_args *args, const struct block *b)
{
    const __m512i byte = _mm512_set1_epi16(255);
    for (ptrdiff_t p = 0; p < args->pixels; p++) {
        int32_t *acc = args->acc + p * args->acc_stride + b->c;
        ptrdiff_t at = p * args->a_stride + b->c;
        __m512i init[4];
        load_sums(args->init + b->c, b, init);
        store_sums(acc, b, init);
        for (int first = 0; first < args->taps; first += 257) {
            int end = args->taps - first < 257 ? args->taps : first + 257;
            __m512i sum[2] = {_mm512_setzero_si512(), _mm512_setzero_si512()};
            for (int t = first; t < end; t++) {
                const uint8_t *from = args->a[t] + at;
                __m512i x = b->whole ? _mm512_loadu_si512(from) : _mm512_maskz_loadu_epi8(b->some, from);
                sum[0] = _mm512_add_epi16(sum[0], _mm512_and_si512(x, byte));
                sum[1] = _mm512_add_epi16(sum[1], _mm512_srli_epi16(x, 8));
            }
            add_words(sum, b, acc);
        }
    }
}

void weft_dw_u8_avx512vnni(const struct weft_dw_args *args)
{
    assert(args->taps >= 1 && args->pixels >= 0 && args->channels >= 0);
    struct grid g = find_grid(args);
    if (is_stream(args, &g)) {
        stream(args, &g);
        return;
    }
    for (int c = 0; c < args->channels; c += 64) {
        struct block b = block_at(c, args->channels);
        if (args->ones && args->taps >= 16) {
            averages(args, &b);
        } else if (g.rows == 3 && g.columns == 3) {
            windows_3x3(args, &g, &b);
        } else if (g.rows > 0) {
            windows_any(args, &g, &b);
        } else {
            for (int first = 0; first < args->taps; first += TAPS_MAX) {
                scattered(args, &b, first, args->taps - first < TAPS_MAX ? args->taps - first : TAPS_MAX);
            }
        }
    }
}
