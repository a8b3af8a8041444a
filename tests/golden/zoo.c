/* Golden digests of the zoo: each network's output for the seeded input, on every ISA of this machine, and the counts
 * of parameters and multiply-adds against the published networks. `golden_zoo --update` prints the digests. */
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <weft/zoo.h>

static int passed, failed;

static void check(bool fine, const char *name, const char *what)
{
    passed += fine;
    failed += !fine;
    if (!fine) {
        printf("FAILED: %s: %s\n", name, what);
    }
}

static uint64_t digest_of(const float *y, size_t n)
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325);
    const unsigned char *bytes = (const unsigned char *)y;
    for (size_t i = 0; i < n * sizeof *y; i++) {
        hash = (hash ^ bytes[i]) * UINT64_C(0x100000001b3);
    }
    return hash;
}

/* torchvision's count has two batch normalization parameters a channel where the folded network has one bias, so
 * `parameters` here is torchvision's less the number of normalized channels. */
static const struct {
    const char *name;
    int64_t torchvision, normalized_channels;
    int64_t macs;
} counts[] = {
    {"alexnet", 61100840, 0, 714188480},
    {"vgg16", 138357544, 0, 15470264320},
    {"googlenet", 6624904, 7280, 1498376192},
    {"resnet18", 11689512, 4800, 1814073344},
    {"resnet50", 25557032, 26560, 4089184256},
    {"squeezenet1.1", 1235496, 0, 349151936},
    {"mobilenet_v2", 3504872, 17056, 300774272},
};

static void check_counts(const char *name, const weft_model_info *info)
{
    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++) {
        if (strcmp(counts[i].name, name) == 0) {
            printf("%-16s %" PRId64 " parameters, %" PRId64 " multiply-adds\n", name, info->parameters, info->macs);
            check(info->parameters == counts[i].torchvision - counts[i].normalized_channels, name,
                  "the number of parameters is not the published network's");
            check(info->macs == counts[i].macs, name, "the number of multiply-adds is not the published network's");
            return;
        }
    }
    check(false, name, "its counts are not in the table");
}

static void run_on(const weft_model *model, const char *name, const char *isa, int threads, const float *input,
                   float *output, size_t outputs, bool update)
{
    weft_session_options options;
    weft_session *session = NULL;
    weft_error error = {""};
    weft_session_options_default(&options);
    options.isa = isa;
    options.threads = threads;
    weft_status status = weft_session_create(model, &options, &session, &error);
    check(status == WEFT_OK && weft_session_run(session, input, output) == WEFT_OK, name, error.text);
    uint64_t digest = digest_of(output, outputs);
    printf("%-16s %-12s %d threads  %016" PRIx64 "\n", name, isa, threads, digest);
    check(update || digest == weft_zoo_golden(name), name, "the digest is not the golden one");
    weft_session_free(&session);
}

static void run_network(const char *name, bool update)
{
    weft_model *model = NULL;
    weft_model_info info;
    weft_error error = {""};
    if (weft_zoo_build(name, NULL, &model, &error) != WEFT_OK) {
        check(false, name, error.text);
        return;
    }
    weft_model_describe(model, &info);
    check_counts(name, &info);
    size_t outputs = (size_t)info.output_c * (size_t)info.output_h * (size_t)info.output_w;
    float *input = malloc((size_t)info.input_c * (size_t)info.input_h * (size_t)info.input_w * sizeof *input);
    float *output = malloc(outputs * sizeof *output);
    if (input && output) {
        weft_zoo_input(model, input);
        for (int i = 1; weft_isa_name(i); i++) { /* the scalar reference is `weft verify`'s business: it is slow */
            const char *isa = weft_isa_name(i);
            if (weft_isa_available() & weft_isa_from_name(isa)) {
                run_on(model, name, isa, 1 + i % 2, input, output, outputs, update);
            }
        }
    }
    free(input);
    free(output);
    weft_model_free(&model);
}

int main(int argc, char **argv)
{
    bool update = argc > 1 && strcmp(argv[1], "--update") == 0;
    for (int i = 0; weft_zoo_name(i); i++) {
        run_network(weft_zoo_name(i), update);
    }
    printf("%d passed, %d failed\n", passed, failed);
    return failed != 0;
}
