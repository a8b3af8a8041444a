#!/usr/bin/env bash
# Quantizes float models with one command each and prints what it cost on labelled images. The images are halved, the 1st,
# 3rd, 5th, ... and the 2nd, 4th, 6th, ...; each half (256 at most) calibrates a model that the other half is evaluated with.
# So every image counts once, and never for a model that was calibrated with it.
#   bench/accuracy/run.sh WEFT MODEL.onnx:PREP:IMAGES[:LABELS][:OPTIONS] ...
# IMAGES is a folder (then LABELS has lines 'file class-index') or a file of CIFAR records; OPTIONS go to weft quantize.
# WEFT_THREADS is the number of threads (default: all cores). The columns: bits of a weight and seconds of each of the two
# models; images; top-1 of the float network and of the quantized ones; the drop with its paired interval of 95 %; the share
# of images with the same first class; the peak of memory of weft quantize.
# Example, the table of docs/quantization.md:
#   d=../shared/data; i=$d/images/imagenet500; l=$d/images/imagenet500_labels.txt; c=$d/images/cifar10_test_5000.bin
#   bench/accuracy/run.sh build/weft $d/models/cifar10_resnet20.onnx:torch:$c \
#       "$d/models/cifar10_resnet20.onnx:torch:$c::--weight-levels 8 --act-levels 32" \
#       $d/models/cifar10_resnet8_mlperftiny.onnx:raw:$c $d/models/squeezenet1.1_fp16w.onnx:caffe:$i:$l \
#       $d/models/mobilenet_v1_0.75_224_fp32.onnx:tf:$i:$l $d/models/mobilenet_v2_1.0_224_int8deq.onnx:tf:$i:$l
set -euo pipefail
[ $# -ge 2 ] || { sed -n '2,10s/^# \{0,1\}//p' "$0" >&2; exit 2; }
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
    rm -rf "$work/0" "$work/1"
    mkdir "$work/0" "$work/1"
    for image in "$full"/*; do
        case ${image,,} in *.jpg | *.jpeg | *.png) ;; *) continue ;; esac
        ln -s "$image" "$work/$((at++ % 2))/"
    done
}

# A number of the JSON documents, which have one field a line.
number() { # number FILE FIELD
    local got
    got=$(sed -n "s/^[[:space:]]*\"$2\":[[:space:]]*\([-0-9.e+]*\),\{0,1\}$/\1/p" "$1" | head -1)
    [ -n "$got" ] || { echo "$(basename "$0"): no $2 was said" >&2; exit 1; }
    echo "$got"
}

# Calibrates with one half and evaluates the other; a line of what came of it.
one_half() { # one_half HALF
    local calibrate evaluate seconds=$SECONDS peak=0 now
    if [ -d "$images" ]; then
        calibrate=(--calib "$work/$1")
        evaluate=(--images "$work/$((1 - $1))" --labels "$labels")
    else
        calibrate=(--calib "$images" --skip "$1" --step 2)
        evaluate=(--cifar "$images" --skip "$((1 - $1))" --step 2)
    fi
    # shellcheck disable=SC2086
    "$weft" quantize "$model" -o "$work/q.weft" --prep "$prep" "${calibrate[@]}" "${threads[@]}" ${options:-} \
        --json "$work/q.json" >"$work/said" 2>&1 &
    child=$!
    while kill -0 "$child" 2>/dev/null; do
        now=$(awk '/VmHWM/ { print $2 }' "/proc/$child/status" 2>/dev/null || true)
        peak=${now:-$peak}
        sleep 0.2
    done
    wait "$child" || { cat "$work/said" >&2; exit 1; }
    child=
    seconds=$((SECONDS - seconds))
    "$weft" eval "$work/q.weft" --against "$model" "${evaluate[@]}" "${threads[@]}" --json "$work/e.json" >/dev/null
    echo "$(number "$work/q.json" average_bits) $seconds $peak" \
        "$(for field in n float_top1 top1 agreement drop drop_low drop_high; do number "$work/e.json" $field; done | tr '\n' ' ')"
}

# Both lines as one row. The halves are independent: the squares of their intervals add up.
print_row() {
    awk -v name="$(basename "$model" .onnx)" -v options="${options:-default}" '
        { bits[NR] = $1; seconds[NR] = $2; peak = $3 > peak ? $3 : peak; n += $4
          float += $4 * $5; top += $4 * $6; same += $4 * $7; drop += $4 * $8; square += ($4 * ($10 - $9) / 2) ^ 2 }
        END { printf "| %s | %s | %.2f, %.2f | %d | %.2f | %.2f | %.2f (%.2f to %.2f) | %.1f | %d, %d | %d |\n", name, options,
              bits[1], bits[2], n, float / n, top / n, drop / n, (drop - sqrt(square)) / n, (drop + sqrt(square)) / n,
              same / n, seconds[1], seconds[2], peak / 1024 }'
}

echo '| model | options | bits | images | float top-1 | top-1 | drop (95 %) | agreement | seconds | MiB |'
echo '|---|---|---|---|---|---|---|---|---|---|'
for job in "$@"; do
    IFS=: read -r model prep images labels options <<<"$job"
    if [ -d "$images" ]; then
        [ -f "${labels:-}" ] || { echo "$(basename "$0"): $images needs a file of labels" >&2; exit 2; }
        split_folder "$images"
    fi
    one_half 0 >"$work/halves"
    one_half 1 >>"$work/halves"
    print_row <"$work/halves"
done
