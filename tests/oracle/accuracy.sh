#!/usr/bin/env bash
# What quantization costs on real networks and that it is repeatable: the 1st, 3rd, ... CIFAR image calibrates (256), the
# 2nd, 4th, ... are evaluated (2,500).
#   accuracy.sh WEFT JSON_GET SOURCE_DIR
set -u
export OMP_WAIT_POLICY=passive # threads that wait by spinning stand still where other tests run beside
weft=$1 json_get=$2
. "$(dirname "$0")/models.sh" "$3"
images=$data/images/cifar10_test_5000.bin
# Points that the drop may be off: one standard error of a paired difference on 2,500 images. Processors round differently.
noise=0.25

quantize() { # quantize MODEL OUT PREP OPTIONS...: also writes OUT.json
    "$weft" quantize "$data/models/$1.onnx" -o "$work/$2" --json "$work/$2.json" --prep "$3" --calib "$images" --step 2 "${@:4}" \
        >"$work/said"
}

at_most() { awk -v a="$1" -v b="$2" 'BEGIN { exit !(a != "" && a + 0 <= b) }'; }

accuracy() { # accuracy MODEL OUT DROP BITS: at most these points of top-1, these bits of a weight
    local drop bits
    "$weft" eval "$work/$2" --against "$data/models/$1.onnx" --cifar "$images" --skip 1 --step 2 --json "$work/e.json" >"$work/said"
    drop=$("$json_get" "$work/e.json" results/0/drop)
    bits=$("$json_get" "$work/$2.json" results/0/average_bits)
    check "$1: $drop points of top-1 lost, at most $3 (noise $noise)" at_most "$drop" "$(awk "BEGIN { print $3 + $noise }")"
    check "$1: $bits bits, at most $4" at_most "$bits" "$4"
}

check "ResNet-20 is quantized" quantize cifar10_resnet20 a.weft torch --threads 1
check "ResNet-20 is quantized with two threads" quantize cifar10_resnet20 b.weft torch --threads 2
check "the same bytes from 1 and 2 threads" cmp "$work/a.weft" "$work/b.weft"
accuracy cifar10_resnet20 a.weft 0.5 4.5
narrow='--weight-levels 8 --act-levels 32'
# shellcheck disable=SC2086
check "ResNet-20 is quantized to 8 levels" quantize cifar10_resnet20 c.weft torch $narrow --threads 2
# shellcheck disable=SC2086
check "and once more" quantize cifar10_resnet20 d.weft torch $narrow --threads 2
check "the same bytes from the same command" cmp "$work/c.weft" "$work/d.weft"
accuracy cifar10_resnet20 c.weft 1.5 3.1
check "ResNet-8 is quantized" quantize cifar10_resnet8_mlperftiny e.weft raw
accuracy cifar10_resnet8_mlperftiny e.weft 1.0 5
exit $((failures > 0))
