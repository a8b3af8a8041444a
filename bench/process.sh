#!/usr/bin/env bash
# Whole-process time of `weft classify`: start, load the file, one inference, exit, by hyperfine.
#   bench/process.sh [NETWORK...]      default: squeezenet1.1 mobilenet_v2 resnet50; THREADS=N (default 1), ARGS for hyperfine
# Files are made once in build/process/ from the zoo; the page cache is warm. Needs build/ (tools/run.sh build), hyperfine.
set -euo pipefail
cd "$(dirname "$0")/.."
for tool in build/weft build/bin/zoo_save build/bin/make_images; do
    [ -x "$tool" ] || { echo "process.sh: $tool is missing; run tools/run.sh build first" >&2; exit 2; }
done
command -v hyperfine >/dev/null || { echo "process.sh: hyperfine is missing (Debian: apt install hyperfine)" >&2; exit 2; }
[ $# -gt 0 ] || set -- squeezenet1.1 mobilenet_v2 resnet50
threads=${THREADS:-1}
work=build/process
mkdir -p "$work"
build/bin/make_images "$work"
image=$(find "$work" -name '*.jpg' | sort | head -1)
commands=()
for net in "$@"; do
    build/bin/zoo_save "$net" "$work/$net.weft"
    commands+=(-n "$net" "build/weft classify $work/$net.weft $image --prep torch --threads $threads")
done
# shellcheck disable=SC2086
hyperfine -N --warmup 3 --style basic --export-json "$work/result.json" ${ARGS:-} "${commands[@]}"
