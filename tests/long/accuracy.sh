#!/usr/bin/env bash
# What quantization costs by default on all labelled images, by the script that prints the table: little of top-1, few other
# answers, few bits.
. "$(dirname "$0")/common.bash"
data=../shared/data

# within: the row in $row: drop, agreement, bits of both halves.
within() { # within DROP AGREEMENT BITS
    echo "$row"
    echo "$row" | awk -F'|' -v drop="$1" -v agreement="$2" -v bits="$3" '
        { split($4, half, ","); exit !(NF > 10 && $8 + 0 <= drop && $9 + 0 >= agreement && half[1] <= bits && half[2] <= bits) }'
}

network() { # network MODEL:PREP:IMAGES[:LABELS[:OPTIONS]] DROP AGREEMENT BITS
    row=$(bash bench/accuracy/run.sh build/weft "$data/models/$1" | tail -n +3)
    check "$row" within "${@:2}"
}

echo "accuracy of quantized networks"
if [ ! -d $data ]; then
    skip "$data is not here"
else
    cifar=$data/images/cifar10_test_5000.bin
    imagenet=$data/images/imagenet500:$data/images/imagenet500_labels.txt
    network "cifar10_resnet20.onnx:torch:$cifar" 0.5 97 4.5
    network "cifar10_resnet20.onnx:torch:$cifar::--weight-levels 8 --act-levels 32" 1.5 95 3.1
    network "cifar10_resnet8_mlperftiny.onnx:raw:$cifar" 1.0 96 5
    network "squeezenet1.1_fp16w.onnx:caffe:$imagenet" 1.0 88 5.5
    network "mobilenet_v1_0.75_224_fp32.onnx:tf:$imagenet" 1.0 90 6
    network "mobilenet_v2_1.0_224_int8deq.onnx:tf:$imagenet" 1.0 90 6
fi
finish
