#!/usr/bin/env bash
# Quantizes float models with one command each and prints what it cost on labelled images that were not calibrated with:
# of the images in order the 1st, 3rd, 5th, ... calibrate (256 at most), the 2nd, 4th, 6th, ... are evaluated.
#   bench/accuracy/run.sh WEFT MODEL.onnx:PREP:IMAGES[:LABELS][:OPTIONS] ...
# IMAGES is a folder (then LABELS has lines 'file class-index') or a file of CIFAR records; OPTIONS go to weft quantize.
# WEFT_THREADS is the number of threads (default: all cores).
# Example, the table of docs/quantization.md:
#   d=../shared/data; i=$d/images/imagenet500; l=$d/images/imagenet500_labels.txt; c=$d/images/cifar10_test_5000.bin
#   bench/accuracy/run.sh build/weft $d/models/cifar10_resnet20.onnx:torch:$c \
#       "$d/models/cifar10_resnet20.onnx:torch:$c::--weight-levels 8 --act-levels 32" \
#       $d/models/cifar10_resnet8_mlperftiny.onnx:raw:$c $d/models/squeezenet1.1_fp16w.onnx:caffe:$i:$l \
#       $d/models/mobilenet_v1_0.75_224_fp32.onnx:tf:$i:$l $d/models/mobilenet_v2_1.0_224_int8deq.onnx:tf:$i:$l
set -euo pipefail
[ $# -ge 2 ] || { sed -n '2,7s/^# \{0,1\}//p' "$0" >&2; exit 2; }
weft=$1
shift
work=$(mktemp -d)
child=
trap 'rm -rf "$work"; [ -z "$child" ] || kill "$child" 2>/dev/null || true' EXIT
threads=(${WEFT_THREADS:+--threads "$WEFT_THREADS"})

# Links to every second image, so that no image can be on both sides, whichever of them the labels name.
split_folder() { # split_folder FOLDER
    local at=0 image full
    full=$(cd "$1" && pwd)
    rm -rf "$work/calibrate" "$work/evaluate"
    mkdir "$work/calibrate" "$work/evaluate"
    for image in "$full"/*; do
        case ${image,,} in *.jpg | *.jpeg | *.png) ;; *) continue ;; esac
        if [ $((at++ % 2)) -eq 0 ]; then ln -s "$image" "$work/calibrate/"; else ln -s "$image" "$work/evaluate/"; fi
    done
}

# A number of the JSON documents, which have one field a line.
number() { # number FILE FIELD
    local got
    got=$(sed -n "s/^[[:space:]]*\"$2\":[[:space:]]*\([-0-9.e+]*\),\{0,1\}$/\1/p" "$1" | head -1)
    [ -n "$got" ] || { echo "$(basename "$0"): no $2 was said" >&2; exit 1; }
    echo "$got"
}

printf '| model | options | bits | images | float top-1 | top-1 | drop (95 %%) | agreement | seconds | MiB |\n|---|---|---|---|---|---|---|---|---|---|\n'
for job in "$@"; do
    IFS=: read -r model prep images labels options <<<"$job"
    if [ -d "$images" ]; then
        [ -f "${labels:-}" ] || { echo "$(basename "$0"): $images needs a file of labels" >&2; exit 2; }
        split_folder "$images"
        calibrate=(--calib "$work/calibrate")
        evaluate=(--images "$work/evaluate" --labels "$labels")
    else
        calibrate=(--calib "$images" --step 2)
        evaluate=(--cifar "$images" --skip 1 --step 2)
    fi
    begun=$(date +%s)
    # shellcheck disable=SC2086
    "$weft" quantize "$model" -o "$work/q.weft" --prep "$prep" "${calibrate[@]}" "${threads[@]}" ${options:-} \
        --json "$work/q.json" >"$work/said" 2>&1 &
    child=$!
    peak=0
    while kill -0 "$child" 2>/dev/null; do
        now=$(awk '/VmHWM/ { print $2 }' "/proc/$child/status" 2>/dev/null || true)
        peak=${now:-$peak}
        sleep 0.2
    done
    wait "$child" || { cat "$work/said" >&2; exit 1; }
    child=
    seconds=$(($(date +%s) - begun))
    "$weft" eval "$work/q.weft" --against "$model" "${evaluate[@]}" "${threads[@]}" --json "$work/e.json" >/dev/null
    bits=$(number "$work/q.json" average_bits)
    for field in n float_top1 top1 drop drop_low drop_high agreement; do
        declare "$field=$(number "$work/e.json" "$field")"
    done
    # shellcheck disable=SC2154
    printf '| %s | %s | %.2f | %d | %.2f | %.2f | %.2f (%.2f to %.2f) | %.1f | %d | %d |\n' "$(basename "$model" .onnx)" \
        "${options:-default}" "$bits" "$n" "$float_top1" "$top1" "$drop" "$drop_low" "$drop_high" "$agreement" "$seconds" \
        $((peak / 1024))
done
