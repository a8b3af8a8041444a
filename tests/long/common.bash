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

finish() {
    echo "$passed passed, $failed failed"
    [ "$failed" -eq 0 ]
    exit
}
