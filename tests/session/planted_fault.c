/* Verification finds what it is for: one wrong bit from one kernel, in every role, at every level of this machine.
 * The program is linked with --wrap=weft_kernels_init, so that a session of a level above scalar gets its table with
 * one kernel replaced by one that does the same and then flips a bit. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "models.h"
#include "simd/kernels.h"

enum { BIT = 4 };

enum role {
    NO_FAULT, TILE, ONE, STRETCH, FUSED, INTEGERS, SIGNED_INTEGERS, GROUPED, EXPAND_C4, EXPAND_C5, DEPTHWISE, WINDOWS,
    AFFINE, LOOKUP, EPILOGUE, EPILOGUE_CODES, ENCODE, MAXPOOL, WINO_FUSED, WINO_BINS, WINO_BINS_FUSED, WINO_BORDER,
    WINO_CENTER, WINO_LANES, WINO44, STRASSEN, STRASSEN_IN
};

static const struct expectation {
    enum role role;
    const char *what;
    enum models_kind model;
    const char *layer, *kind; /* in the error's text */
    const char *place;        /* NULL: wherever the wrong byte reaches */
} expectations[] = {
    {TILE, "tile", MODELS_SMALL, "'conv'", "accumulators differ", "y 0, x 1, channel 2:"},
    {ONE, "tile of one pixel", MODELS_GATE, "'excite'", "accumulators differ", "y 0, x 0, channel 2:"},
    {STRETCH, "many pixels", MODELS_MEDIUM, "'conv/c4'", "accumulators differ", "y 0, x 1, channel 2:"},
    {FUSED, "bins to codes", MODELS_PANELS, "'whole'", "codes differ", "y 0, x 1, channel 2:"},
    {GROUPED, "small groups", MODELS_MEDIUM, "'conv c8'", "accumulators differ", "y 0, x 1, channel 2:"},
    {INTEGERS, "integers for codes", MODELS_PANELS, "panels", "in an ordinary run", NULL},
    {SIGNED_INTEGERS, "signed integers for codes", MODELS_PANELS, "panels", "in an ordinary run", NULL},
    {EXPAND_C4, "expand, c4", MODELS_MEDIUM, "'conv/c4'", "accumulators differ", NULL},
    {EXPAND_C5, "expand, c5", MODELS_MEDIUM, "'conv_c5'", "accumulators differ", NULL},
    {DEPTHWISE, "depthwise", MODELS_MEDIUM, "'conv \"c3\"", "accumulators differ", "y 0, x 1, channel 2:"},
    {WINDOWS, "depthwise to codes", MODELS_WINDOWS, "'windows'", "codes differ", "y 0, x 1, channel 2:"},
    {AFFINE, "codes to codes", MODELS_WINDOWS, "'shift'", "codes differ", "y 0, x 1, channel 2:"},
    {LOOKUP, "lookup", MODELS_MEDIUM, "'conv c8'", "accumulators differ", NULL},
    {EPILOGUE, "epilogue", MODELS_MEDIUM, "'conv c8'", "codes differ", "y 0, x 1, channel 2:"},
    {EPILOGUE_CODES, "epilogue of codes", MODELS_WINDOWS, "'add few'", "codes differ", "y 0, x 1, channel 2:"},
    {ENCODE, "encode", MODELS_MEDIUM, "'conv c8'", "accumulators differ", NULL},
    {MAXPOOL, "max-pooling", MODELS_MEDIUM, "'twin' (maxpool)", "codes differ", "y 0, x 0, channel 2:"},
    {WINO_FUSED, "winograd to codes", MODELS_PANELS, "'narrow'", "codes differ", "y 0, x 1, channel 2:"},
    {WINO_BINS, "winograd from bins", MODELS_STRIDED, "'halve'", "accumulators differ", "y 0, x 0, channel 2:"},
    {WINO_BINS_FUSED, "stride 2 to codes", MODELS_STRIDED, "'halve'", "codes differ", "y 0, x 1, channel 2:"},
    {WINO_BORDER, "winograd's border", MODELS_DEEP, "'deep'", "accumulators differ", "y 0, x 0, channel 2:"},
    {WINO_CENTER, "winograd's center", MODELS_DEEP, "'deep'", "accumulators differ", NULL},
    /* where rows are odd in number, the last tiles come first */
    {WINO_LANES, "winograd in lanes", MODELS_PANELS, "'narrow'", "accumulators differ", "y 6, x 0, channel 2:"},
    {WINO44, "winograd 4x4", MODELS_MEDIUM, "'conv/c4'", "accumulators differ", "y 0, x 1, channel 2:"},
    {STRASSEN, "strassen to codes", MODELS_PAIRS, "'mix'", "codes differ", "y 0, x 1, channel 2:"},
    {STRASSEN_IN, "strassen's planes", MODELS_PAIRS, "'mix'", "codes differ", NULL},
};

static enum role planted;
static int calls;                /* of the replaced kernel: only the first goes wrong */
static struct weft_kernels good; /* the table as it was */

static int goes_wrong(void)
{
    return calls++ == 0;
}

#define WRONG_CONV(name, slot, format)                                    \
    static void name##_tile(const struct weft_conv_args *args)            \
    {                                                                     \
        good.slot[format].tile(args);                                     \
        args->acc[good.slot[format].nr + 2] ^= goes_wrong() ? BIT : 0;    \
    }                                                                     \
    static void name##_one(const struct weft_conv_args *args)             \
    {                                                                     \
        good.slot[format].one(args);                                      \
        args->acc[2] ^= goes_wrong() ? BIT : 0;                           \
    }
WRONG_CONV(c4, conv, WEFT_WFMT_C4)
WRONG_CONV(c5, conv, WEFT_WFMT_C5)
WRONG_CONV(c8, conv, WEFT_WFMT_C8)
WRONG_CONV(c4n, conv_narrow, WEFT_WFMT_C4)
WRONG_CONV(c5n, conv_narrow, WEFT_WFMT_C5)
WRONG_CONV(c8n, conv_narrow, WEFT_WFMT_C8)

static weft_conv_fn *const wrong_tiles[2][WEFT_WFMT_COUNT] = {{c4_tile, c5_tile, c8_tile},
                                                              {c4n_tile, c5n_tile, c8n_tile}};
static weft_conv_fn *const wrong_ones[2][WEFT_WFMT_COUNT] = {{c4_one, c5_one, c8_one}, {c4n_one, c5n_one, c8n_one}};

static void replace_conv(struct weft_kernels *k)
{
    for (int f = 0; f < WEFT_WFMT_COUNT; f++) {
        for (int narrow = 0; narrow < 2; narrow++) {
            struct weft_conv_kernel *kernel = narrow ? &k->conv_narrow[f] : &k->conv[f];
            if (kernel->tile && planted == TILE) {
                kernel->tile = wrong_tiles[narrow][f];
            } else if (kernel->one) {
                kernel->one = wrong_ones[narrow][f];
            }
        }
    }
}

static void wrong_stretch(const struct weft_stretch_args *args)
{
    good.stretch(args);
    args->acc[good.conv[WEFT_WFMT_C8].nr + 2] ^= goes_wrong() ? BIT : 0;
}

static void wrong_grouped(const struct weft_grouped_args *args)
{
    good.grouped(args);
    args->acc[good.conv[WEFT_WFMT_C8].nr + 2] ^= goes_wrong() ? BIT : 0;
}

/* Each time: some sessions look all panels up once while they load. */
static void wrong_expand(const struct weft_expand_args *args)
{
    (planted == EXPAND_C4 ? good.expand_c4 : good.expand_c5)(args);
    args->out[0] ^= BIT;
}

static void wrong_dw(const struct weft_dw_args *args)
{
    good.dw(args);
    args->acc[args->acc_stride + 2] ^= goes_wrong() ? BIT : 0;
}

static void wrong_dw3x3(const struct weft_dw3x3_args *args)
{
    good.dw3x3(args);
    args->out[args->out_stride + 2] ^= goes_wrong() ? BIT : 0;
}

static void wrong_affine(const struct weft_affine_args *args)
{
    good.affine(args);
    args->out[args->out_stride + 2] ^= goes_wrong() ? BIT : 0;
}

static void wrong_lookup(const struct weft_lookup_args *args)
{
    good.lookup(args);
    args->out[0] ^= goes_wrong() ? BIT : 0;
}

static void wrong_epilogue(const struct weft_epilogue_args *args)
{
    good.epilogue(args);
    args->out[args->out_stride + 2] ^= goes_wrong() ? BIT : 0;
}

static void wrong_epilogue_codes(const struct weft_epilogue_args *args)
{
    good.epilogue_codes(args);
    args->out[args->out_stride + 2] ^= goes_wrong() ? BIT : 0;
}

static void wrong_encode(const float *in, size_t n, const struct weft_encoder *enc, uint8_t *out)
{
    good.encode(in, n, enc, out);
    out[0] ^= goes_wrong() ? BIT : 0;
}

static void wrong_maxpool(const struct weft_maxpool_args *args)
{
    good.maxpool(args);
    args->out[2] ^= goes_wrong() ? BIT : 0;
}

static void wrong_wino22_fused(const struct weft_wino22_fused_args *args)
{
    good.wino22_fused(args);
    args->to->out[args->to->out_stride + 2] ^= goes_wrong() ? BIT : 0;
}

static void wrong_wino22s2_sum(const struct weft_wino_bins_args *args)
{
    good.wino22s2_sum(args);
    args->sums[2] ^= goes_wrong() ? BIT : 0;
}

static void wrong_wino22s2_fused(const struct weft_wino22_fused_args *args)
{
    good.wino22s2_fused(args);
    args->to->out[args->to->out_stride + 2] ^= goes_wrong() ? BIT : 0;
}

static void wrong_wino22_border(const struct weft_wino_bins_args *args)
{
    good.wino22_border(args);
    args->sums[2] ^= goes_wrong() ? BIT : 0;
}

static void wrong_wino22_center(const struct weft_wino_filter_args *args)
{
    good.wino22_center(args);
    args->out[0] ^= goes_wrong() ? BIT : 0;
}

static void wrong_wino_lanes(const struct weft_wino_lanes_args *args)
{
    good.wino_lanes(args);
    args->sums[2] ^= goes_wrong() ? BIT : 0;
}

static void wrong_wino44_out(const struct weft_wino_out_args *args)
{
    good.wino44_out(args);
    args->acc[args->channels + 2] ^= goes_wrong() ? BIT : 0;
}

static void wrong_strassen(const struct weft_strassen_args *args)
{
    good.strassen(args);
    args->to->out[args->to->out_stride + 2] ^= goes_wrong() ? BIT : 0;
}

static void wrong_strassen_in(const struct weft_strassen_in_args *args)
{
    good.strassen_in(args);
    args->out[0] ^= goes_wrong() ? BIT : 0;
}

static void wrong_fused(const struct weft_fused_args *args)
{
    good.fused(args);
    if (planted == FUSED) {
        args->to->out[args->to->out_stride + 2] ^= goes_wrong() ? BIT : 0;
    }
    const bool integers = args->to->out_values && planted == (args->to->enc->is_signed ? SIGNED_INTEGERS : INTEGERS);
    for (int i = 0; integers && i < args->pixels * args->to->channels; i++) { /* one bit might not reach the output */
        args->to->out[i / args->to->channels * args->to->out_stride + i % args->to->channels] ^= 0x3f;
    }
}

/* Panels are expanded for direct convolutions alone. */
static void replace_expand(struct weft_kernels *k)
{
    *(planted == EXPAND_C4 ? &k->expand_c4 : &k->expand_c5) = wrong_expand;
    k->wino44_sum = NULL;
}

int __wrap_weft_isa_ports_apart(void);

/* Whatever the processor: what is fused only where its ports are apart is tested everywhere. */
int __wrap_weft_isa_ports_apart(void)
{
    return 1;
}

void __real_weft_kernels_init(struct weft_kernels *k, unsigned mask);
void __wrap_weft_kernels_init(struct weft_kernels *k, unsigned mask);

void __wrap_weft_kernels_init(struct weft_kernels *k, unsigned mask)
{
    __real_weft_kernels_init(k, mask);
    if (mask == WEFT_ISA_SCALAR) {
        return;
    }
    good = *k;
    calls = 0;
    switch (planted) {
    case TILE: case ONE: replace_conv(k); break;
    case STRETCH: k->stretch = wrong_stretch; break;
    case FUSED: case INTEGERS: case SIGNED_INTEGERS: k->fused = wrong_fused; break;
    case GROUPED: k->grouped = wrong_grouped; break;
    case EXPAND_C4: case EXPAND_C5: replace_expand(k); break;
    case DEPTHWISE: k->dw = wrong_dw; break;
    case WINDOWS: k->dw3x3 = wrong_dw3x3; break;
    case AFFINE: k->affine = wrong_affine; break;
    case LOOKUP: k->lookup = wrong_lookup; break;
    case EPILOGUE: k->epilogue = wrong_epilogue; break;
    case EPILOGUE_CODES: k->epilogue_codes = wrong_epilogue_codes; break;
    case ENCODE: k->encode = wrong_encode; break;
    case MAXPOOL: k->maxpool = wrong_maxpool; break;
    case WINO_FUSED: k->wino22_fused = wrong_wino22_fused; break;
    case WINO_BINS: k->wino22s2_sum = wrong_wino22s2_sum; break;
    case WINO_BINS_FUSED: k->wino22s2_fused = wrong_wino22s2_fused; break;
    case WINO_BORDER: k->wino22_border = wrong_wino22_border; break;
    case WINO_CENTER: k->wino22_center = wrong_wino22_center; break;
    case WINO_LANES: k->wino_lanes = wrong_wino_lanes; break;
    case WINO44: k->wino44_out = wrong_wino44_out; break;
    case STRASSEN: k->strassen = wrong_strassen; break;
    case STRASSEN_IN: k->strassen_in = wrong_strassen_in; break;
    case NO_FAULT: break;
    }
}

weft_status __real_weft_session_create_traced(const weft_model *model, const weft_session_options *options,
                                              weft_session **session, weft_error *error);
weft_status __wrap_weft_session_create_traced(const weft_model *model, const weft_session_options *options,
                                              weft_session **session, weft_error *error);

/* The rule takes no such form for layers as small as the model's. */
weft_status __wrap_weft_session_create_traced(const weft_model *model, const weft_session_options *options,
                                              weft_session **session, weft_error *error)
{
    weft_session_options own = *options;
    if (planted >= WINO_FUSED && planted <= WINO_LANES && options->winograd == WEFT_WINOGRAD_AUTO) {
        own.winograd = WEFT_WINOGRAD_2D;
    }
    if (planted == WINO44 && options->winograd == WEFT_WINOGRAD_AUTO) {
        own.winograd = WEFT_WINOGRAD_4X4;
    }
    if ((planted == STRASSEN || planted == STRASSEN_IN) && options->winograd == WEFT_WINOGRAD_AUTO) {
        own.winograd = WEFT_WINOGRAD_STRASSEN;
    }
    return __real_weft_session_create_traced(model, &own, session, error);
}

static int passed, failed;

static void check(int fine, const char *what, const char *isa, const char *text)
{
    passed += fine;
    failed += !fine;
    printf("%-4s %-10s %-18s %s\n", fine ? "ok" : "FAIL", isa, what, text);
}

static weft_status verify(const struct weft_model *model, const char *isa, weft_error *error)
{
    static const int threads[] = {1, 2, 3};
    weft_verify_options options;
    uint64_t digest;
    weft_verify_options_default(&options);
    options.isa_mask = weft_isa_from_name(isa);
    options.threads = threads;
    options.threads_count = planted == NO_FAULT ? 3 : 1; /* with one thread, the first call is known */
    error->text[0] = 0;
    return weft_verify(model, &options, &digest, error);
}

/* Both values are named, and they differ by the bit that was flipped, in them or in a sum that is a part of them. */
static int names_values(const char *text)
{
    const char *values = strstr(text, " gives ");
    int ours, theirs;
    return values && sscanf(values, " gives %d, the scalar reference %d", &ours, &theirs) == 2 &&
           abs(ours - theirs) == BIT;
}

static void check_fault(struct weft_model *const *models, const struct expectation *e, const char *isa)
{
    weft_error error;
    planted = e->role;
    weft_status status = verify(models[e->model], isa, &error);
    int fine = status == WEFT_E_MISMATCH && strstr(error.text, e->layer) && strstr(error.text, e->kind) &&
               strstr(error.text, isa) && (!e->place || (strstr(error.text, e->place) && names_values(error.text)));
    check(fine, e->what, isa, status == WEFT_OK ? "verification saw nothing" : error.text);
}

/* Of those that a level may lack. */
static int has_role(enum role role)
{
    return role == WINDOWS           ? good.dw3x3 != NULL
           : role == STRETCH         ? good.stretch != NULL
           : role == FUSED           ? good.fused != NULL
           : role == INTEGERS        ? good.fused != NULL
           : role == SIGNED_INTEGERS ? good.fused != NULL
           : role == GROUPED         ? good.grouped != NULL
           : role == AFFINE          ? good.affine != NULL
           : role == EPILOGUE_CODES  ? good.epilogue_codes != NULL
           : role == WINO_FUSED      ? good.wino22_fused != NULL
           : role == WINO_BINS       ? good.wino22s2_sum != NULL
           : role == WINO_BINS_FUSED ? good.wino22s2_fused != NULL
           : role == WINO_BORDER     ? good.wino22_border != NULL
           : role == WINO_CENTER     ? good.wino22_center != NULL
           : role == WINO_LANES      ? good.wino_lanes != NULL
           : role == WINO44          ? good.wino44_out != NULL
           : role == STRASSEN        ? good.strassen != NULL
           : role == STRASSEN_IN     ? good.strassen_in != NULL
                                     : 1;
}

static void check_level(struct weft_model *const *models, const char *isa)
{
    weft_error error;
    planted = NO_FAULT;
    for (int kind = 0; kind < MODELS_COUNT; kind++) {
        check(verify(models[kind], isa, &error) == WEFT_OK, models_name((enum models_kind)kind), isa, error.text);
    }
    for (size_t f = 0; f < sizeof expectations / sizeof *expectations; f++) {
        if (!has_role(expectations[f].role)) {
            printf("skipped: %s has no kernel of the role '%s'\n", isa, expectations[f].what);
            continue;
        }
        check_fault(models, &expectations[f], isa);
    }
}

int main(void)
{
    struct weft_model *models[MODELS_COUNT];
    int levels = 0;
    for (int kind = 0; kind < MODELS_COUNT; kind++) {
        models[kind] = models_build((enum models_kind)kind, 1, NULL);
        if (!models[kind]) {
            puts("no memory for the models");
            return 2;
        }
    }
    for (int i = 1; weft_isa_name(i); i++) {
        if (weft_isa_available() & weft_isa_from_name(weft_isa_name(i))) {
            check_level(models, weft_isa_name(i));
            levels++;
        }
    }
    for (int kind = 0; kind < MODELS_COUNT; kind++) {
        weft_model_free(&models[kind]);
    }
    if (levels == 0) {
        puts("skipped: this machine has no level above scalar");
    }
    printf("%d passed, %d failed\n", passed, failed);
    return failed != 0;
}
