#!/usr/bin/env bash
# gcc and two clangs, warnings as errors, the whole suite; gcc once more without optimisation, asserts on.
. "$(dirname "$0")/common.bash"

for compiler in gcc-12 clang-14 clang-19; do
    need $compiler || continue
    openmp=()
    [ $compiler = gcc-12 ] || openmp_for $compiler || continue
    echo "$compiler"
    check "$compiler build" build "$compiler" -DCMAKE_C_COMPILER=$compiler "${openmp[@]}" &&
        check "$compiler suite" suite "$compiler"
done
echo "gcc, Debug"
check "Debug build" build debug -DCMAKE_BUILD_TYPE=Debug && check "Debug suite" suite debug -LE slow
finish
