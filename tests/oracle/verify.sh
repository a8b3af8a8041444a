#!/usr/bin/env bash
# Every ISA of this machine and 1, 2, 3 threads give the bits of the scalar reference: the quantized real models, each
# on a real image.  verify.sh WEFT OUT_DIR SOURCE_DIR
set -u
weft=$1 out=$2
. "$(dirname "$0")/models.sh" "$3"
while read -r model _ _; do
    check "$model" "$weft" verify "$out/$model.weft" --input "$data/golden/$model.input.npy" --limit 1 --threads 1,2,3 \
        --verdicts-only
done <<<"$models"
exit $((failures > 0))
