#!/usr/bin/env bash
# The float path against logits that another runtime gave.  float.sh WEFT NPY_CLOSE SOURCE_DIR
set -u
weft=$1 npy_close=$2
. "$(dirname "$0")/models.sh" "$3"
while read -r model prep images; do
    if ! "$weft" run "$data/models/$model.onnx" --float --input "$data/golden/$model.input.npy" \
        --output "$work/y.npy" >"$work/said"; then
        echo "FAILED: $model does not run"
        failures=$((failures + 1))
        continue
    fi
    check "$model" "$npy_close" "$work/y.npy" "$data/golden/$model.logits.npy" 1e-3
done <<<"$models"
exit $((failures > 0))
