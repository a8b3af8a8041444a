#!/usr/bin/env bash
# Only the kernels of an ISA level use its registers: what runs on every x86-64 has no ymm, zmm or opmask.
#   vectors.sh BASE_LIST ISA_LIST    (files that name objects, one a line)
set -u
registers='%([yz]mm[0-9]|k[0-7])'
failures=0
checked=0
while read -r object; do
    [ -n "$object" ] || continue
    checked=$((checked + 1))
    count=$(objdump -d --no-show-raw-insn "$object" | grep -cE "$registers")
    if [ "$count" -ne 0 ]; then
        echo "FAIL: $object: $count instructions with wide registers"
        failures=$((failures + 1))
    fi
done <"$1"
wide=0
while read -r object; do
    [ -n "$object" ] || continue
    wide=$((wide + 1))
    # What this test looks for is there where it belongs, or the narrow form of such instructions (vpshufb on xmm); else it
    # would look for the wrong thing.
    if ! objdump -d --no-show-raw-insn "$object" | grep -qE "$registers|[[:space:]]v[a-z0-9]+ .*%xmm"; then
        echo "FAIL: $object is compiled for an ISA level and has none of its instructions"
        failures=$((failures + 1))
    fi
done <"$2"
echo "$checked objects for every machine, $wide for ISA levels, $failures failures"
[ $failures -eq 0 ] && [ $checked -gt 0 ]
