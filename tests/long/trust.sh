#!/usr/bin/env bash
# Whether weft bench can be believed: the command against itself must show no difference, and a kernel that is 5 % slower must
# be found, 19 times of 20 each. The slower one is built from a copy of the sources in which the convolution kernels compute every
# 20th tile, or stretch of tiles, twice.   trust.sh [RUNS]
. "$(dirname "$0")/common.bash"
runs=${1:-20}
networks=(zoo:squeezenet1.1 zoo:resnet20 zoo:resnet18)
options=(--threads 1 --no-winograd --tolerance 2)

# plant FILE LINE WHEN: every 20th call that begins with this line happens twice; WHEN says which calls may.
plant() {
    [ "$(grep -cF "$2" "$1")" -eq 1 ] || { echo "$1: the line to plant at has changed: $2"; return 1; }
    awk -v line="$2" -v when="$3" 'index($0, line) {
            indent = substr($0, 1, match($0, /[^ ]/) - 1)
            print indent "static _Thread_local unsigned planted;"
            print indent "for (int times = " when " && ++planted % 20 == 0 ? 2 : 1; times > 0; times--)"
        }
        { print }' "$1" >"$1.planted" && mv "$1.planted" "$1"
}

# copy_planted DIR: the sources, with the slower kernels. Sums that go on from others must not be added twice.
copy_planted() {
    rm -rf "$1" && mkdir -p "$1"
    cp -r CMakeLists.txt simd engine models bench tools "$1" || return 1
    plant "$1/engine/ops/conv.c" '            conv->kernel->tile(args);' 1 &&
        plant "$1/engine/ops/conv.c" '    conv->stretch(&(struct weft_stretch_args)' 'run == 0'
}

build_from() { # build_from SOURCE NAME
    cmake -S "$1" -B "$long/$2" -G Ninja -DWEFT_BUILD_TESTS=OFF && cmake --build "$long/$2" --target weft
}

# count_verdicts WHAT VERDICT COMMAND...: how many of the runs end with that verdict; each run's line is shown.
count_verdicts() {
    local what=$1 verdict=$2 line i
    shift 2
    found=0
    for ((i = 0; i < runs; i++)); do
        line=$("$@" "${networks[i % ${#networks[@]}]}" "${options[@]}")
        echo "$line"
        case $line in *": $verdict"*) found=$((found + 1)) ;; esac
    done
    echo "$what: '$verdict' in $found of $runs runs"
    [ $((20 * found)) -ge $((19 * runs)) ]
}

against_itself() { "$long/trust/weft" bench --vs "--threads 1" "$@"; }
against_itself_processes() { "$long/trust/weft" bench --vs-binary "$long/trust/weft" "$@"; }
against_planted() { "$long/trust/weft" bench --vs-binary "$long/trust-planted/weft" "$@"; }
planted_against_it() { "$long/trust-planted/weft" bench --vs-binary "$long/trust/weft" "$@"; }

verdicts() { # verdicts WHAT VERDICT COMMAND
    local log
    log="$long/trust-$(echo "$1" | tr -c 'a-z\n' '_').log"
    if count_verdicts "$@" >"$log" 2>&1; then
        passed=$((passed + 1))
        echo "ok   $(tail -1 "$log")"
    else
        failed=$((failed + 1))
        echo "FAIL $(tail -1 "$log") ($log)"
    fi
    sed -nE 's/.*takes ([0-9.]+) times as long \(99.5 %: ([0-9.]+) to ([0-9.]+), ([0-9]+) rounds\).*/\1 \2 \3 \4/p' "$log" | sort -n |
        awk '{ r[NR] = $1; w += ($3 - $2) / 2; n += $4 }
            END { if (NR) printf "     ratios %s to %s, the middle one %s; intervals +- %.1f %% in %.0f rounds on average\n",
                      r[1], r[NR], r[int((NR + 1) / 2)], 100 * w / NR, n / NR }'
}

echo "weft bench against itself, and against a kernel that does 5 % more"
check "build" build_from . trust || finish
check "copy with the slower kernel" copy_planted "$long/trust-source" || finish
check "build of the copy" build_from "$long/trust-source" trust-planted || finish
verdicts "in one process, against itself" "no difference" against_itself
verdicts "in processes, against itself" "no difference" against_itself_processes
verdicts "the slower kernel" slower against_planted
verdicts "seen from the slower one" faster planted_against_it
finish
