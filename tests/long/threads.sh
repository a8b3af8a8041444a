#!/usr/bin/env bash
# The thread sanitizer. It knows OpenMP's barriers through LLVM's library and its tool archer (gcc's library is not
# built for it and every barrier would be reported), so this is clang's build. Two programs of a few lines show first
# that a race is seen and that barriers are.
. "$(dirname "$0")/common.bash"
need clang-14 setarch && openmp_for clang-14 || finish
export OMP_TOOL_LIBRARIES=$openmp_lib/libarcher.so LD_LIBRARY_PATH=$openmp_lib
export TSAN_OPTIONS="ignore_noninstrumented_modules=1 halt_on_error=1"

# Randomised addresses can lie where the sanitizer wants its own.
plain() {
    setarch -R "$@"
}

cat >"$long/race.c" <<'C'
#include <stdio.h>
#include <omp.h>
static int sum, part[4];
int main(int argc, char **argv)
{
    (void)argv;
#pragma omp parallel num_threads(4)
    {
        part[omp_get_thread_num()] = 1;
        if (argc == 1) {
#pragma omp barrier
        }
        if (omp_get_thread_num() == 0) {
            for (int i = 0; i < 4; i++) {
                sum += part[i];
            }
        }
    }
    return printf("%d\n", sum) < 0;
}
C
sees_race() {
    clang-14 -g -O1 ${openmp[0]#*=} -fopenmp -fsanitize=thread "$long/race.c" -o "$long/race" -L"$openmp_lib" || return 1
    plain "$long/race" || { echo "a barrier is taken for a race"; return 1; }
    local i
    for i in 1 2 3 4 5; do
        plain "$long/race" no-barrier || return 0
    done
    echo "a race is not seen"
    return 1
}

echo "thread sanitizer, clang-14 with archer"
check "the sanitizer sees races and barriers" sees_race || finish
if check "thread sanitizer build" build threads -DCMAKE_C_COMPILER=clang-14 "${openmp[@]}" \
    -DWEFT_SANITIZE=thread -DWEFT_BUILD_SHARED=OFF; then
    bin="$long/threads/bin"
    check "thread sanitizer: kernels" plain "$bin/kcheck"
    check "thread sanitizer: faults, 1 to 3 threads" plain "$bin/planted_fault"
    check "thread sanitizer: networks" plain "$bin/golden_zoo"
    data=../shared/data # the float path: a network, its inputs and the logits of another engine
    if [ -x "$long/threads/weft" ] && [ -d $data ]; then
        check "thread sanitizer: float network, 3 threads" plain "$long/threads/weft" run --float --threads 3 \
            $data/models/cifar10_resnet20.onnx --input $data/golden/cifar10_resnet20.input.npy --output "$long/logits.npy"
    else
        skip "$data or the weft command is not here"
    fi
fi
finish
