#!/usr/bin/env bash
# An x86-64 below AVX2: nothing but the scalar level may run, and everything must run.
. "$(dirname "$0")/common.bash"
need qemu-x86_64-static || finish
old() {
    qemu-x86_64-static -cpu Nehalem "$@"
}
refuses_avx2() { # exit 2: this machine has no avx2
    old "$long/old-x86/bin/kcheck" --isa avx2
    [ $? -eq 2 ]
}
echo "x86-64 below AVX2 (Nehalem)"
if check "x86 build" build old-x86; then
    check "Nehalem: kernels" old "$long/old-x86/bin/kcheck"
    check "Nehalem: AVX2 is refused" refuses_avx2
    check "Nehalem: damaged files" old "$long/old-x86/bin/damage"
    check "Nehalem: no allocation in a run" old "$long/old-x86/bin/no_allocation"
    . tests/long/models.bash
    for model in "${models[@]}"; do
        check "Nehalem: verify $(basename "$model")" old "$long/old-x86/weft" verify "$model"
    done
fi
finish
