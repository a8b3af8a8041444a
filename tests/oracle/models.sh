# The real models and images beside the source tree, for the scripts here. Sourced: . models.sh SOURCE_DIR
data=$1/../shared/data
if [ ! -d "$data/models" ]; then
    echo "skipped: ../shared/data is not here"
    exit 77
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failures=0

# name, preparation, images ("cifar" or "imagenet")
models='squeezenet1.1_fp16w caffe imagenet
mobilenet_v1_0.75_224_fp32 tf imagenet
mobilenet_v2_1.0_224_int8deq tf imagenet
cifar10_resnet20 torch cifar
cifar10_resnet8_mlperftiny raw cifar'

images_of() { # images_of cifar|imagenet: the options of 'weft eval'
    if [ "$1" = cifar ]; then
        echo "--cifar $data/images/cifar10_test_5000.bin"
    else
        echo "--images $data/images/imagenet500 --labels $data/images/imagenet500_labels.txt"
    fi
}

calibration_of() { # what 'weft quantize --calib' takes
    if [ "$1" = cifar ]; then
        echo "$data/images/cifar10_test_5000.bin"
    else
        echo "$data/images/imagenet500"
    fi
}

check() { # check WHAT COMMAND...: counts a failure
    local what=$1
    shift
    if "$@"; then
        echo "ok: $what"
    else
        echo "FAILED: $what"
        failures=$((failures + 1))
    fi
}

at_least() { awk -v a="$1" -v b="$2" 'BEGIN { exit !(a >= b) }'; }
