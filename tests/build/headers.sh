#!/usr/bin/env bash
# Every header compiles alone and defines no function.  headers.sh SOURCE_DIR WORK_DIR COMPILER ARCHITECTURE
# WEFT_DEFINES: options for all headers, WEFT_ISA_FLAGS: those for the headers of simd/x86 and simd/arm,
# WEFT_ONNX_FLAGS: those for engine/onnx and the tests of it, empty where the build has no ONNX import.
set -u
source=$1 work=$2 compiler=$3 architecture=$4
cd "$source" || exit 2
mkdir -p "$work" || exit 2
failures=0
checked=0
case $architecture in
x86_64 | AMD64 | amd64) foreign=simd/arm/ ;;
*) foreign=simd/x86/ ;;
esac
while read -r header; do
    flags=$WEFT_DEFINES
    case $header in
    $foreign*) continue ;;
    simd/x86/* | simd/arm/*) flags="$flags $WEFT_ISA_FLAGS" ;;
    engine/onnx/* | tests/onnx/* | tests/fuzz/onnx_* | tests/unit/onnx_*)
        [ -n "$WEFT_ONNX_FLAGS" ] || continue
        flags="$flags $WEFT_ONNX_FLAGS"
        ;;
    esac
    checked=$((checked + 1))
    printf '#include "%s"\nextern int weft_header_alone;\n' "$source/$header" >"$work/header.c"
    if ! "$compiler" -std=c11 -D_POSIX_C_SOURCE=200809L -DWEFT_SOURCE_DIR='""' $flags -Wall -Wextra -Wundef -Werror \
        -Wno-unused-function -I. -Iengine -Iengine/include -Imodels/include -Ibench/include \
        -c "$work/header.c" -o "$work/header.o"; then
        echo "FAIL: $header does not compile alone"
        failures=$((failures + 1))
    elif nm -g --defined-only "$work/header.o" | grep .; then
        echo "FAIL: $header defines what stands above"
        failures=$((failures + 1))
    fi
done < <(find engine simd models bench tools tests -name '*.h' | sort)
echo "$checked headers alone, $failures failures"
[ $failures -eq 0 ] && [ $checked -gt 0 ]
