# The quantized networks that some scripts verify: `models` is an array of .weft files, made once in $long from
# ../shared/data by build/weft; empty, with a line that says why, where one of them is not here.
models=()
data=../shared/data
make_model() { # make_model NAME ONNX QUANTIZE_OPTIONS...
    local out="$long/$1.weft"
    if [ -f "$out" ] && [ "$out" -nt build/weft ] ||
        check "quantize $1" build/weft quantize "$data/models/$2" -o "$out" "${@:3}"; then
        models+=("$out")
    fi
}
if [ ! -d $data ]; then
    skip "$data is not here"
elif [ ! -x build/weft ]; then
    skip "build/weft is not here"
else
    make_model resnet20 cifar10_resnet20.onnx --calib "$data/images/cifar10_test_5000.bin" --prep torch --limit 64
    make_model squeezenet squeezenet1.1_fp16w.onnx --calib "$data/images/imagenet500" --prep caffe --limit 64
fi
