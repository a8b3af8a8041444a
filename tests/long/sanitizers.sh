#!/usr/bin/env bash
# The suite, damaged files and asserts of the kernels included, under the address and undefined behaviour sanitizers.
. "$(dirname "$0")/common.bash"
export ASAN_OPTIONS=detect_stack_use_after_return=1 UBSAN_OPTIONS=print_stacktrace=1
for compiler in gcc clang-14; do
    need $compiler || continue
    openmp=()
    [ $compiler = gcc ] || openmp_for $compiler || continue
    echo "address and undefined behaviour sanitizers, $compiler"
    check "$compiler sanitizers build" build "sanitizers-$compiler" -DCMAKE_C_COMPILER=$compiler "${openmp[@]}" \
        -DWEFT_SANITIZE=address,undefined -DWEFT_BUILD_SHARED=OFF &&
        check "$compiler sanitizers suite" suite "sanitizers-$compiler"
done
finish
