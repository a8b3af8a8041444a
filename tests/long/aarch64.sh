#!/usr/bin/env bash
# 64-bit ARM: cross-compiled by gcc and by clang, the suite under qemu as a processor with the dot product, the kernels
# and some networks as one without; quantized real networks are verified as both.
. "$(dirname "$0")/common.bash"
toolchain=tools/cmake/aarch64-toolchain.cmake
root=/usr/aarch64-linux-gnu
networks=(squeezenet1.1 mobilenet_v2 resnet18)
need aarch64-linux-gnu-gcc qemu-aarch64-static || finish

qemu() { # qemu CPU PROGRAM...
    qemu-aarch64-static -L "$root" -cpu "$@"
}

# The levels that a processor must have: nothing is passed over in silence.
runs_levels() { # runs_levels CPU PROGRAM LEVEL...
    local cpu=$1 program=$2 level
    for level in "${@:3}"; do
        qemu "$cpu" "$program" --isa "$level" || return 1
    done
}

# clang has no OpenMP library for ARM here: its code runs with one thread and gcc's library answers.
build_with_clang() { # build_with_clang CLANG
    build "aarch64-$1" --toolchain $toolchain -DCMAKE_C_COMPILER="$1" -DWEFT_BUILD_TOOLS=OFF "${openmp[0]}" \
        -DOpenMP_C_FLAGS=-fopenmp=libgomp -DOpenMP_C_LIB_NAMES=gomp \
        -DOpenMP_gomp_LIBRARY="$(aarch64-linux-gnu-gcc -print-file-name=libgomp.so)"
}

echo "aarch64 by gcc"
if check "aarch64 gcc build" build aarch64 --toolchain $toolchain; then
    bin="$long/aarch64/bin"
    # Tests of the command call it themselves, without the emulator; the zoo's large networks would take an hour.
    check "aarch64 suite, dot product" suite aarch64 -E '^(cli|oracle|golden_zoo$)' -LE slow
    check "aarch64 networks, dot product" qemu max "$bin/golden_zoo" "${networks[@]}"
    check "aarch64 kernels, Cortex-A76" runs_levels cortex-a76 "$bin/kcheck" neon dotprod
    check "aarch64 kernels, Cortex-A72" runs_levels cortex-a72 "$bin/kcheck" neon
    check "aarch64 networks, Cortex-A72" qemu cortex-a72 "$bin/golden_zoo" "${networks[@]}"
    check "aarch64 faults are found, Cortex-A72" qemu cortex-a72 "$bin/planted_fault"
    check "aarch64 encoder, every 64th stretch of floats" qemu max "$bin/every_float" 64
fi
for clang in clang-14 clang-19; do
    need $clang && openmp_for $clang || continue
    echo "aarch64 by $clang"
    check "aarch64 $clang build" build_with_clang $clang &&
        check "aarch64 $clang kernels" runs_levels max "$long/aarch64-$clang/bin/kcheck" neon dotprod
done

echo "aarch64: real networks, quantized here, verified there"
. tests/long/models.bash
for model in "${models[@]}"; do
    check "verify $(basename "$model"), Cortex-A72" qemu cortex-a72 "$long/aarch64/weft" verify "$model" --threads 1,2
    check "verify $(basename "$model"), Cortex-A76" qemu cortex-a76 "$long/aarch64/weft" verify "$model" --threads 1,2
done
finish
