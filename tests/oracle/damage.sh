#!/usr/bin/env bash
# The quantized real models, cut and changed in many places: refused in one line or read as a sound model.
#   damage.sh DAMAGE OUT_DIR SOURCE_DIR
set -u
damage=$1 out=$2
. "$(dirname "$0")/models.sh" "$3"
while read -r model _ _; do
    check "$model" "$damage" --flips 2000 "$out/$model.weft"
done <<<"$models"
exit $((failures > 0))
