#!/usr/bin/env bash
# gcc and two clangs, warnings as errors, the whole suite; gcc once more without optimisation, asserts on.
. "$(dirname "$0")/common.bash"

for compiler in gcc-12 clang-14 clang-19; do
    need $compiler || continue
    options=()
    case $compiler in
    clang-*)
        # A clang without an OpenMP library of its own takes that of another.
        if [ ! -e "/usr/lib/llvm-${compiler#clang-}/lib/libomp.so" ]; then
            lib=$(ls /usr/lib/llvm-*/lib/libomp.so 2>/dev/null | head -1)
            header=$(ls /usr/lib/llvm-*/lib/clang/*/include/omp.h 2>/dev/null | head -1)
            [ -n "$lib" ] && [ -n "$header" ] || { skip "$compiler: libomp-dev is not here"; continue; }
            mkdir -p "$long/omp" && cp "$header" "$long/omp/"
            options=("-DCMAKE_C_FLAGS=-isystem $long/omp" -DOpenMP_C_FLAGS=-fopenmp -DOpenMP_C_LIB_NAMES=omp
                "-DOpenMP_omp_LIBRARY=$lib")
        fi
        ;;
    esac
    echo "$compiler"
    check "$compiler build" build "$compiler" -DCMAKE_C_COMPILER=$compiler "${options[@]}" &&
        check "$compiler suite" suite "$compiler"
done
echo "gcc, Debug"
check "Debug build" build debug -DCMAKE_BUILD_TYPE=Debug && check "Debug suite" suite debug -LE slow
finish
