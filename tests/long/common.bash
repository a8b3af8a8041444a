# Shared by tests/long/*.sh: counting, skipping, building. Builds go to build/long/<name> (WEFT_LONG changes the
# place); each script prints what it does and ends with "N passed, N failed".
set -u
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
long=${WEFT_LONG:-build/long}
mkdir -p "$long"
long=$(cd "$long" && pwd)
passed=0
failed=0

skip() { # skip WHY
    echo "skipped: $*"
}

# need TOOL...: false, with a line that says so, if one is not here.
need() {
    local tool
    for tool in "$@"; do
        if ! command -v "$tool" >/dev/null; then
            skip "$tool is not here"
            return 1
        fi
    done
}

# check WHAT COMMAND...: counts; the output is shown where the command fails.
check() {
    local what=$1 log
    shift
    log="$long/$(echo "$what" | tr -c 'a-zA-Z0-9\n' '_').log"
    if "$@" >"$log" 2>&1; then
        passed=$((passed + 1))
        echo "ok   $what: $(grep -E 'tests (passed|failed)|[0-9]+ passed' "$log" | tail -1)"
    else
        failed=$((failed + 1))
        echo "FAIL $what ($log):"
        tail -40 "$log" | sed 's/^/     /'
        return 1
    fi
}

# build NAME CMAKE_OPTIONS...: configures and builds into $long/NAME.
build() {
    local name=$1
    shift
    cmake -S . -B "$long/$name" -G Ninja "$@" && cmake --build "$long/$name"
}

suite() { # suite NAME CTEST_OPTIONS...
    ctest --test-dir "$long/$1" --output-on-failure "${@:2}"
}

# openmp_for CLANG: sets `openmp` to cmake options and `openmp_lib` to the folder of an OpenMP library that the compiler
# can use: of its version or later (an older one lacks functions). False, with a line that says so, if there is none.
# WEFT_LLVM names a folder beside /usr/lib to look in.
openmp_for() {
    local dir header
    openmp=()
    for dir in ${WEFT_LLVM:+$(ls -dr "$WEFT_LLVM"/llvm-*)} $(ls -dr /usr/lib/llvm-*); do
        openmp_lib=$dir/lib
        header=$(ls "$dir"/lib/clang/*/include/omp.h 2>/dev/null | head -1)
        [ -e "$openmp_lib/libomp.so" ] && [ -n "$header" ] && [ "${dir##*-}" -ge "${1#clang-}" ] || continue
        mkdir -p "$long/openmp-${dir##*-}" && cp "$header" "$long/openmp-${dir##*-}/"
        openmp=("-DCMAKE_C_FLAGS=-isystem $long/openmp-${dir##*-}" -DOpenMP_C_FLAGS=-fopenmp
            -DOpenMP_C_LIB_NAMES=omp "-DOpenMP_omp_LIBRARY=$openmp_lib/libomp.so")
        return 0
    done
    skip "no OpenMP library for $1 (libomp-dev)"
    return 1
}

finish() {
    echo "$passed passed, $failed failed"
    [ "$failed" -eq 0 ]
    exit
}
