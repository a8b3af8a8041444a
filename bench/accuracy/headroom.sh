#!/usr/bin/env bash
# What head room for exact Winograd costs by itself: the same levels everywhere, once with the full range of integers, once
# with every 3x3 layer of stride 1 (and the edges before them, up to 31) small enough for the transforms.
#   bench/accuracy/headroom.sh WEFT MODEL.onnx:PREP:IMAGES[:LABELS] ...      (as bench/accuracy/run.sh)
# WEFT_LEVELS are the levels (default '--weight-levels 16 --act-levels 32').
set -euo pipefail
[ $# -ge 2 ] || { sed -n '2,5s/^# \{0,1\}//p' "$0" >&2; exit 2; }
weft=$1
shift
levels=${WEFT_LEVELS:---weight-levels 16 --act-levels 32}
jobs=()
for job in "$@"; do
    IFS=: read -r model prep images labels _ <<<"$job"
    jobs+=("$model:$prep:$images:$labels:$levels --headroom off" "$model:$prep:$images:$labels:$levels --headroom all")
done
"$(dirname "$0")/run.sh" "$weft" "${jobs[@]}" | awk -F'|' '
    { print; fflush() }
    NR > 2 && NR % 2 == 1 { without = $7 }
    NR > 2 && NR % 2 == 0 { printf "head room of %s costs %.2f points\n", $2, without - $7; fflush() }'
