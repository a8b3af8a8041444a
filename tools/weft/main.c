/* weft: the command. One file per verb. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <weft/weft.h>

#include "help.h"
#include "verbs.h"

static const struct verb verbs[] = {
    {"quantize", "Makes a quantized model from a trained float one.",
     "MODEL.onnx -o OUT.weft --calib DIR|X.npy|FILE.bin", verb_quantize, help_quantize},
    {"run", "Runs inputs from a .npy file through a network.", "MODEL --input X.npy --output Y.npy", verb_run,
     help_run},
    {"classify", "Names what is in images.", "MODEL IMAGE...", verb_classify, help_classify},
    {"eval", "Measures accuracy on labelled images.", "MODEL (--images DIR --labels FILE | --cifar FILE)", verb_eval,
     help_eval},
    {"verify", "Proves that every ISA gives the bits of the scalar reference.", "MODEL... [--threads 1,2,3]",
     verb_verify, help_verify},
    {"bench", "Measures latency.", "[MODEL...]   (default: the whole zoo)", verb_bench, help_bench},
    {"tune", "Measures which algorithm suits each layer best.", "MODEL [-o FILE]", verb_tune, help_tune},
    {"compare", "Says whether one measurement is slower than another, beyond the noise.",
     "A.json B.json [--tolerance P]", verb_compare, help_compare},
    {"profile", "Shows where the time goes, layer by layer.", "MODEL [--sort time]", verb_profile, help_profile},
    {"inspect", "Shows a model's layers and formats.", "MODEL [--codebooks]", verb_inspect, help_inspect},
    {"export", "Writes a model as an ONNX file that any runtime can check, or as a .weft file.",
     "MODEL -o OUT.onnx|OUT.weft", verb_export, help_export},
    {"zoo", "Lists the networks that need no file.", "", verb_zoo, help_zoo},
    {"cpu", "Shows the processor and the kernels that would be used.", "", verb_cpu, help_cpu},
};

static void usage(FILE *to)
{
    fprintf(to, "weft %s: convolutional networks on CPUs in the quantized domain\n\nusage: weft VERB ...\n\n",
            weft_version());
    for (size_t i = 0; i < sizeof verbs / sizeof verbs[0]; i++) {
        fprintf(to, "  %-10s %s\n", verbs[i].name, verbs[i].summary);
    }
    fprintf(to, "\nMODEL is an .onnx file, a .weft file or zoo:NAME. 'weft VERB --help' tells the rest.\n"
                "exit status: 0 fine, 1 a check failed, 2 wrong use or bad input\n");
}

static const struct verb *find_verb(const char *name)
{
    for (size_t i = 0; i < sizeof verbs / sizeof verbs[0]; i++) {
        if (strcmp(name, verbs[i].name) == 0) {
            return &verbs[i];
        }
    }
    fprintf(stderr, "weft: no verb '%s'; 'weft --help' lists them\n", name);
    return NULL;
}

/* OpenBLAS takes its slowest kernels for processors newer than itself (in virtual machines above all), ten times slower
 * than those that fit. What the processor has is known here; the user's own setting stands. */
static void name_blas_kernels(void)
{
    unsigned available = weft_isa_available();
    if (available & weft_isa_from_name("avx512")) {
        setenv("OPENBLAS_CORETYPE", "SkylakeX", 0);
    } else if (available & weft_isa_from_name("avx2")) {
        setenv("OPENBLAS_CORETYPE", "Haswell", 0);
    }
}

static int run(int argc, char **argv)
{
    name_blas_kernels();
    if (argc < 2) {
        usage(stderr);
        return EXIT_BAD_USE;
    }
    bool help = strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 || strcmp(argv[1], "help") == 0;
    if (help && argc == 2) {
        usage(stdout);
        return EXIT_FINE;
    }
    if (strcmp(argv[1], "--version") == 0 || strcmp(argv[1], "-V") == 0) {
        printf("weft %s\n", weft_version());
        return EXIT_FINE;
    }
    const struct verb *verb = find_verb(argv[help ? 2 : 1]);
    if (!verb) {
        return EXIT_BAD_USE;
    }
    char *ask[] = {argv[0], "--help", NULL};
    return help ? verb->run(verb, 2, ask) : verb->run(verb, argc - 1, argv + 1);
}

int main(int argc, char **argv)
{
    int exit_code = run(argc, argv);
    if (fflush(stdout) != 0 || ferror(stdout)) {
        fprintf(stderr, "weft: standard output: %s\n", strerror(errno));
        return EXIT_BAD_USE;
    }
    return exit_code;
}
