#!/usr/bin/env bash
# Quantizes float models with one command each and prints what it cost on labelled images that were not calibrated with:
# every second image calibrates, the others are evaluated.
#   bench/accuracy/run.sh WEFT MODEL.onnx:PREP:IMAGES[:LABELS][:OPTIONS] ...
# IMAGES is a folder (then LABELS has lines 'file class-index') or a file of CIFAR records; OPTIONS go to weft quantize.
# Example, the table of docs/quantization.md:
#   d=../shared/data; i=$d/images/imagenet500; l=$d/images/imagenet500_labels.txt; c=$d/images/cifar10_test_5000.bin
#   bench/accuracy/run.sh build/weft $d/models/cifar10_resnet20.onnx:torch:$c \
#       "$d/models/cifar10_resnet20.onnx:torch:$c::--weight-levels 8 --act-levels 32" \
#       $d/models/cifar10_resnet8_mlperftiny.onnx:raw:$c $d/models/squeezenet1.1_fp16w.onnx:caffe:$i:$l \
#       $d/models/mobilenet_v1_0.75_224_fp32.onnx:tf:$i:$l $d/models/mobilenet_v2_1.0_224_int8deq.onnx:tf:$i:$l
set -euo pipefail
[ $# -ge 2 ] || { sed -n '2,6s/^# \{0,1\}//p' "$0" >&2; exit 2; }
weft=$1
shift
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

printf '| model | options | bits | float top-1 | top-1 | drop (95 %%) | agreement | seconds | MiB |\n|---|---|---|---|---|---|---|---|---|\n'
for job in "$@"; do
    IFS=: read -r model prep images labels options <<<"$job"
    if [ -d "$images" ]; then
        chosen=(--images "$images" --labels "$labels")
    else
        chosen=(--cifar "$images")
    fi
    begun=$(date +%s)
    # shellcheck disable=SC2086
    "$weft" quantize "$model" -o "$work/q.weft" --prep "$prep" --calib "$images" --step 2 ${options:-} --json "$work/q.json" \
        >"$work/said" 2>&1 &
    peak=0
    while kill -0 $! 2>/dev/null; do
        now=$(awk '/VmHWM/ { print $2 }' "/proc/$!/status" 2>/dev/null || true)
        peak=${now:-$peak}
        sleep 0.2
    done
    wait $! || { cat "$work/said" >&2; exit 1; }
    seconds=$(($(date +%s) - begun))
    "$weft" eval "$work/q.weft" --against "$model" "${chosen[@]}" --skip 1 --step 2 --json "$work/e.json" >/dev/null
    # A number of the JSON documents, which have one field a line.
    number() { sed -n "s/^[[:space:]]*\"$2\":[[:space:]]*\([-0-9.e+]*\),\{0,1\}$/\1/p" "$1" | head -1; }
    printf '| %s | %s | %.2f | %.2f | %.2f | %.2f (%.2f to %.2f) | %.1f | %d | %d |\n' "$(basename "$model" .onnx)" \
        "${options:-default}" "$(number "$work/q.json" average_bits)" "$(number "$work/e.json" float_top1)" \
        "$(number "$work/e.json" top1)" "$(number "$work/e.json" drop)" "$(number "$work/e.json" drop_low)" \
        "$(number "$work/e.json" drop_high)" "$(number "$work/e.json" agreement)" "$seconds" $((peak / 1024))
done
