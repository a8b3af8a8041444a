#!/usr/bin/env bash
# What quantization of the ImageNet networks costs by default, by the script that prints the table: nothing that 250 images
# can tell from a point of top-1, few other answers, few bits.
. "$(dirname "$0")/common.bash"
data=../shared/data

# within FIELDS: of the row in $row: drop's lower end, agreement, bits.
within() { # within DROP AGREEMENT BITS
    echo "$row"
    echo "$row" | awk -F'|' -v drop="$1" -v agreement="$2" -v bits="$3" '
        { sub(/.*\(/, "", $8); exit !(NF > 10 && $8 + 0 <= drop && $9 + 0 >= agreement && $4 + 0 <= bits) }'
}

network() { # network NAME PREP DROP AGREEMENT BITS
    row=$(bash bench/accuracy/run.sh build/weft "$data/models/$1.onnx:$2:$data/images/imagenet500:$data/images/imagenet500_labels.txt" |
        tail -n +3)
    check "$1: $row" within "${@:3}"
}

echo "accuracy of quantized ImageNet networks"
if [ ! -d $data ]; then
    skip "$data is not here"
else
    network squeezenet1.1_fp16w caffe 1.0 88 5.5
    network mobilenet_v1_0.75_224_fp32 tf 1.0 90 6
    network mobilenet_v2_1.0_224_int8deq tf 1.0 90 6
fi
finish
