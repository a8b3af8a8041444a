#!/usr/bin/env bash
# The command's manners: exit codes, one-line errors that name the cause, results on stdout and talk on stderr, JSON,
# files written whole or not at all.   cli_test.sh WEFT JSON_GET [MAKE_MODEL [MAKE_IMAGES]]
here=$(cd "$(dirname "$0")" && pwd)
. "$here/common.bash"

# ---- usage ----
"$weft" >out.txt 2>err.txt
[ $? -eq 2 ] && [ ! -s out.txt ] && grep -q 'usage: weft VERB' err.txt
count $? 'no verb: usage on stderr, exit 2'
says 0 'usage: weft VERB' "$weft" --help
says 0 'usage: weft VERB' "$weft" help
says 0 'weft 0.' "$weft" --version
for verb in quantize run classify eval verify bench profile tune compare inspect export zoo cpu; do
    says 0 "usage: weft $verb" "$weft" "$verb" --help
    says 0 "usage: weft $verb" "$weft" help "$verb"
    refuses "unknown option '--dance'" "$weft" "$verb" --dance
done
refuses "no verb 'dance'" "$weft" dance
refuses "no verb 'dance'" "$weft" help dance
refuses '--threads needs a value' "$weft" bench --threads
refuses '--threads takes a whole number from 1 to 256' "$weft" bench --threads 0
refuses "not 'two'" "$weft" bench --threads two
refuses "not '99999999999999999999'" "$weft" bench --threads 99999999999999999999
refuses "not '-1'" "$weft" bench --repeat=-1
refuses "not 'nan'" "$weft" bench --min-time nan
refuses '--codebooks takes no value' "$weft" inspect --codebooks=yes
refuses 'takes no arguments' "$weft" zoo extra
refuses 'takes no arguments' "$weft" cpu extra
"$weft" cpu >/dev/full 2>err.txt
[ $? -eq 2 ] && grep -q 'standard output: No space left' err.txt
count $? 'a full disk behind stdout is an error'

# ---- zoo, cpu, inspect ----
says 0 zoo:resnet50 "$weft" zoo --json zoo.json
says 0 weft_conv_c4 "$weft" cpu
says 0 weft_conv_c4_u8_1x16_scalar "$weft" cpu --isa scalar
refuses "'sse9' is not an ISA of this build" "$weft" cpu --isa sse9
holds "$weft" cpu --json cpu.json
fields cpu.json environment/cpu results/0/kernels/0/name results/0/isas/0/available
is zoo:alexnet zoo.json results/0/model
says 0 64x111x111 "$weft" inspect $zoo
says 0 'integers, each with both signs' "$weft" inspect $zoo --codebooks
holds "$weft" inspect $zoo --json inspect.json
fields inspect.json environment/weft results/0/layers/0/edge_format
refuses 'takes one MODEL' "$weft" inspect
refuses 'missing.weft' "$weft" inspect missing.weft
refuses 'folder' "$weft" inspect .
refuses 'no such network' "$weft" inspect zoo:nosuch
: >empty.weft
refuses empty.weft "$weft" inspect empty.weft
echo 'not a model' >text.weft
refuses text.weft "$weft" inspect text.weft
echo 'not a model' >text.onnx
refuses text.onnx "$weft" inspect text.onnx

# ---- run ----
npy 2 3 $size $size >two.npy
npy 2 3 16 16 >small.npy
head -c 1000 two.npy >short.npy
echo 'not an array' >text.npy
refuses 'takes one MODEL, --input X.npy and --output Y.npy' "$weft" run $net
refuses 'missing.npy: No such file' "$weft" run $net --input missing.npy --output y.npy
refuses 'text.npy: not a .npy file' "$weft" run $net --input text.npy --output y.npy
refuses 'short.npy: there are fewer values' "$weft" run $net --input short.npy --output y.npy
refuses "the shape must be (n, 3, $size, $size)" "$weft" run $net --input small.npy --output y.npy
refuses 'not a .npy file' "$weft" run $net --input text.weft --output y.npy
refuses '/nonexistent/y.npy: cannot write here' "$weft" run $net --input two.npy --output /nonexistent/y.npy
refuses 'is a folder' "$weft" run $net --input two.npy --output .
refuses 'is quantized' "$weft" run $net --float --input two.npy --output y.npy
refuses "no ISA called 'sse9'" "$weft" run $net --input two.npy --output y.npy --isa sse9
refuses "no ISA called 'sse9'" env WEFT_ISA=sse9 "$weft" run $net --input two.npy --output y.npy
refuses 'has no neon' env WEFT_ISA=neon "$weft" run $net --input two.npy --output y.npy
holds test ! -e y.npy
says 0 "2 outputs of ${classes}x1x1" "$weft" run $net --input two.npy --output y.npy
says 0 "(2, $classes)" head -c 80 y.npy
says 0 "(2, $classes)" "$weft" run $net --input two.npy --output -
cp out.txt out.npy
holds cmp y.npy out.npy
says 0 '2 outputs' env WEFT_ISA= "$weft" run $net --input two.npy --output y1.npy --isa scalar --threads 1
holds cmp y.npy y1.npy
holds "$weft" run $net --input two.npy --output /dev/null
holds test -c /dev/null
holds test -z "$(find . -name 'y*.npy.*')"

# ---- export ----
says 0 'zoo.weft: written' "$weft" export $zoo -o zoo.weft
npy 1 3 224 224 >image.npy
holds "$weft" run $zoo --input image.npy --output built.npy
holds "$weft" run zoo.weft --input image.npy --output loaded.npy
holds cmp built.npy loaded.npy
refuses 'takes one MODEL and -o' "$weft" export $zoo
refuses '--float-activations is for .onnx files' "$weft" export $zoo -o no.weft --float-activations
holds test ! -e no.weft

# ---- verify ----
refuses 'takes one MODEL or more' "$weft" verify
refuses '--threads takes numbers' "$weft" verify $net --threads 1,,2
refuses '--threads takes numbers' "$weft" verify $net --threads 1,257
refuses "'sse9' is not one of this machine's ISAs" "$weft" verify $net --isa sse9
says 0 'the same bits everywhere' "$weft" verify $net --isa scalar --threads 1,2 --input two.npy
says 0 'the same bits everywhere' "$weft" verify $net --threads 2 --verdicts-only --json verify.json
is same verify.json results/0/verdict
fields verify.json environment/cpu results/0/isa results/0/threads results/0/input
timeout -s INT 0.4 "$weft" verify $zoo $zoo $zoo $zoo --isa scalar --json int.json >out.txt 2>err.txt
holds test $? -eq 124 -a ! -e int.json

# ---- a model of our own: quantize, eval, classify, float ----
refuses 'is quantized already' "$weft" quantize $zoo -o out.weft --calib .
refuses 'takes one MODEL.onnx, -o OUT.weft and --calib PATH' "$weft" quantize $zoo
refuses 'either --images DIR --labels FILE or --cifar FILE' "$weft" eval $zoo
refuses 'takes a MODEL and one or more images' "$weft" classify $zoo
refuses 'does not say how images are prepared' "$weft" classify $zoo text.npy
refuses "--prep takes torch, caffe, tf, unit or raw, not 'magic'" "$weft" classify $zoo text.npy --prep magic
refuses '--size 32 does not fit' "$weft" classify $zoo text.npy --prep torch --size 32
. "$here/cli_own_model.sh"

finish
