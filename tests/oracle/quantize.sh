#!/usr/bin/env bash
# Quantizes the real models with the published searches and evaluates them on other images than they were calibrated
# with: ResNet-20 must stay within 6 points of float, the others must run end to end.
#   quantize.sh WEFT JSON_GET OUT_DIR SOURCE_DIR
set -u
weft=$1 json_get=$2 out=$3
. "$(dirname "$0")/models.sh" "$4"
mkdir -p "$out"

top1() { # top1 MODEL OPTIONS...: prints the percentage
    "$weft" eval "$@" --json "$work/e.json" >"$work/said" && "$json_get" "$work/e.json" results/0/top1
}

while read -r model prep images; do
    calibration=500 evaluated=60
    [ "$images" = imagenet ] && calibration=24
    [ "$model" = cifar10_resnet20 ] && evaluated=4500
    if ! "$weft" quantize "$data/models/$model.onnx" -o "$out/$model.weft" --calib "$(calibration_of "$images")" \
        --prep "$prep" --limit "$calibration" --weights entropy --acts entropy --weight-levels 16 \
        --act-levels 32; then
        echo "FAILED: $model is not quantized"
        failures=$((failures + 1))
        continue
    fi
    chosen="$(images_of "$images") --skip $calibration --limit $evaluated"
    of_float=$(top1 "$data/models/$model.onnx" --float --prep "$prep" $chosen)
    of_codes=$(top1 "$out/$model.weft" $chosen)
    echo "$model: top-1 of $evaluated images: float ${of_float:-none} %, quantized ${of_codes:-none} %"
    check "$model runs end to end" test -n "$of_float" -a -n "$of_codes"
    if [ "$model" = cifar10_resnet20 ]; then
        check "$model: at most 6 points below float" at_least "${of_codes:-0}" "$(awk "BEGIN { print $of_float - 6 }")"
    fi
done <<<"$models"
exit $((failures > 0))
