#include "help.h"

#define PREPARATIONS                                                              \
    "how images are prepared (--prep), from pixels 0..255:\n"                     \
    "  torch   RGB, (pixel/255 - mean) / std, mean .485 .456 .406, std .229 .224 .225\n" \
    "  caffe   BGR, pixel minus 104, 117, 123\n"                                  \
    "  tf      RGB, pixel/127.5 - 1\n"                                            \
    "  unit    RGB, pixel/255\n"                                                  \
    "  raw     RGB, pixel\n"                                                      \
    "The centre is cropped to the network's input; --resize N scales the short side to N first.\n"

const char help_quantize[] =
    "MODEL.onnx is a float network (opsets 7 to 21). A few hundred calibration inputs that look like the real ones\n"
    "are enough; they need no labels. The preparation of images and the class names are stored in OUT.weft.\n\n"
    "Without fixed levels every layer and every edge is measured, and gets the formats that together stay within\n"
    "--max-drop (by estimate, with 95 % confidence) or --max-size. docs/quantization.md tells how.\n\n"
    PREPARATIONS "\n"
    "examples:\n"
    "  weft quantize resnet20.onnx -o resnet20.weft --calib images/ --prep torch\n"
    "  weft quantize net.onnx -o net.weft --calib inputs.npy --weight-levels 8 --act-levels 16\n"
    "  weft quantize net.onnx -o net.weft --calib images/ --prep torch --max-drop 0.5 --report net.html\n";

const char help_run[] =
    "X.npy holds n prepared inputs, float32 (or float64, uint8) of shape (n, c, h, w) or (c, h, w). They run one by\n"
    "one; Y.npy is float32, (n, classes) or (n, c, h, w).\n\n"
    "examples:\n"
    "  weft run resnet20.weft --input x.npy --output y.npy\n"
    "  weft run resnet20.onnx --float --input x.npy --output reference.npy\n";

const char help_classify[] =
    "Images are JPEG or PNG files. Outputs that are no probabilities get a softmax. A bad image does not keep the\n"
    "others from being classified; the exit status tells.\n\n"
    PREPARATIONS "\n"
    "examples:\n"
    "  weft classify resnet20.weft cat.jpg dog.png\n"
    "  weft classify zoo:squeezenet1.1 cat.jpg --prep torch --top 3\n";

const char help_eval[] =
    "Labels are lines 'file class-index', in the folder's terms; images that are not named are left out. CIFAR\n"
    "records are 1 byte of class and 3,072 of pixels. Do not judge a model on the images that it was calibrated\n"
    "with: --skip, --step and --limit here and in 'weft quantize' choose disjoint parts.\n\n"
    PREPARATIONS "\n"
    "examples:\n"
    "  weft eval net.weft --images val/ --labels val.txt --against net.onnx\n"
    "  weft eval resnet20.onnx --float --cifar test_batch.bin --prep torch --skip 500\n";

const char help_verify[] =
    "Runs the scalar reference, then each ISA with each number of threads, and compares codes and integer sums of\n"
    "every layer bit by bit. Exit status 1 on the first difference, which is named: layer, position, both values.\n"
    "The digests may be compared between machines.\n\n"
    "examples:\n"
    "  weft verify resnet20.weft --threads 1,2,3\n"
    "  weft verify zoo:resnet50 zoo:mobilenet_v2 --isa avx2 --verdicts-only\n";

const char help_bench[] =
    "Times one inference after another on a seeded input, after a warm-up that ends when the runs are steady. The\n"
    "percentage is of what the multiply instruction of this ISA can do on this machine, measured in the same run.\n"
    "'cold' goes round so many copies of the model that no cache holds the weights of the next one. Ctrl-C shows what\n"
    "was measured so far, marked as incomplete.\n\n"
    "--vs and --vs-binary tell small differences: A B, B A, in turns, with an interval (docs/benchmarking.md).\n\n"
    "examples:\n"
    "  weft bench --threads 1\n"
    "  weft bench zoo:resnet18 --threads 1 --vs \"--isa avx2\"\n"
    "  weft bench zoo:resnet18 --threads 1 --vs-binary ../other/build/weft --tolerance 2\n"
    "  weft bench zoo:resnet50 mine.weft --min-time 5 --json result.json\n";

const char help_compare[] =
    "A and B are what 'weft bench --json' (or --jsonl) wrote; networks with the same ISA, threads and form of the\n"
    "convolutions are compared by the medians of their raw samples. Several results of a network in one file count\n"
    "together. 'no difference': the 99.5 % interval holds 1, or the ratio is less than 2 % off: so much changes from\n"
    "one process to the next by itself. 'disturbed': the medians differ, the quickest runs do not. To tell less\n"
    "apart, run both in turns: 'weft bench --vs', '--vs-binary'.\n\n"
    "examples:\n"
    "  weft compare before.json after.json --tolerance 3\n"
    "  weft compare avx2.json avx512.json --by-network --style markdown\n";

const char help_profile[] =
    "Each layer's median time with its multiply-adds, the bytes of its weights, inputs and output, the algorithm and\n"
    "the kernel. '% peak' is of what the multiply instruction of this ISA can do (over 100 where Winograd's filtering\n"
    "needs fewer products), 'bound by' what the layer cannot be faster than: that instruction, or reading those bytes\n"
    "from the memory that holds the whole network; both are measured in the same run. Plain runs in turns show that\n"
    "the sum holds.\n\n"
    "examples:\n"
    "  weft profile zoo:resnet50 --threads 1 --sort time\n"
    "  weft profile mine.weft --isa avx2 --json profile.json\n";

const char help_inspect[] =
    "columns: window = kernel/stride, g = groups; weights = format of the bins; then = what follows in the same\n"
    "layer (residual, activation); edge = how the output is stored: log M=31 step 3/16 T<=63 has 31 magnitudes,\n"
    "each 2^(3/16) times the one before, and integers up to 63; +- marks a signed one.\n\n"
    "examples:\n"
    "  weft inspect resnet20.weft --codebooks\n"
    "  weft inspect resnet20.onnx\n";

const char help_export[] =
    "A quantized model becomes a float network with the codebook's integers as weights and every activation rounded\n"
    "by comparisons with its thresholds: the same results in any runtime that keeps to float32. OUT.weft\n"
    "takes a quantized model as it is: a network of the zoo, for programs that load files.\n\n"
    "examples:\n"
    "  weft export resnet20.weft -o resnet20.deq.onnx\n"
    "  weft export zoo:resnet50 -o resnet50.weft\n";

const char help_zoo[] =
    "Their weights are synthetic (seeded, with a realistic distribution): fit for timing and for 'weft verify', not\n"
    "for recognising anything.\n";

const char help_cpu[] =
    "An ISA is there if the processor has it, the operating system saves its registers, and this build holds its\n"
    "kernels. --isa and the environment variable WEFT_ISA hold the other verbs to one of them.\n";

const char help_tune[] =
    "Convolutions 3x3 can be done directly or by forms of Winograd's filtering, three of stride 1 and one of\n"
    "stride 2, as far as they are exact and the ISA has them, with the same bits.\n"
    "Without a file of this verb a rule chooses, which is seldom off by more than a few percent. The file belongs to\n"
    "one model, processor, ISA and number of threads; with others it is ignored, with a warning.\n\n"
    "examples:\n"
    "  weft tune zoo:resnet18 --threads 1 -o resnet18.tuned\n"
    "  weft bench zoo:resnet18 --threads 1 --tuned resnet18.tuned\n";
