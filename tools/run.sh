#!/usr/bin/env bash
# weft: the commands of the README. Installs what is missing (Debian), configures, builds, runs.
#   tools/run.sh build | bench | test | test-long
set -euo pipefail
cd "$(dirname "$0")/.."

packages=(gcc libc6-dev cmake ninja-build pkg-config libgomp1 libonnx-dev protobuf-c-compiler
    libprotobuf-c-dev libcjson-dev libjpeg62-turbo-dev libpng-dev libopenblas0-pthread
    libonnx-testdata libcriterion-dev python3 python3-jsonschema hyperfine)
packages_long=(clang-14 libclang-rt-14-dev clang-19 libomp-19-dev gcc-aarch64-linux-gnu libc6-dev-arm64-cross
    qemu-user-static util-linux)

install_missing() {
    command -v dpkg-query >/dev/null || return 0 # not Debian: the configure step names what is missing
    local missing=() name
    for name in "$@"; do
        dpkg-query -W -f='${Status}' "$name" 2>/dev/null | grep -q 'ok installed' || missing+=("$name")
    done
    [ ${#missing[@]} -eq 0 ] && return 0
    local as_root=()
    [ "$(id -u)" -eq 0 ] || as_root=(sudo)
    echo "installing: ${missing[*]}" >&2
    "${as_root[@]}" apt-get update -qq
    DEBIAN_FRONTEND=noninteractive "${as_root[@]}" apt-get install -y -qq --no-install-recommends "${missing[@]}" >&2
}

build() { # build DIR [cmake options]
    local dir=$1
    shift
    cmake -S . -B "$dir" -G Ninja "$@" >&2
    cmake --build "$dir" >&2
}

case "${1:-}" in
build)
    install_missing "${packages[@]}"
    build build
    ;;
bench)
    install_missing "${packages[@]}"
    build build
    exec build/weft bench "${@:2}"
    ;;
test)
    install_missing "${packages[@]}"
    build build
    exec ctest --test-dir build --output-on-failure "${@:2}"
    ;;
test-long)
    install_missing "${packages[@]}" "${packages_long[@]}"
    build build
    ctest --test-dir build --output-on-failure
    failures=0
    for script in tests/long/*.sh; do
        echo "== $script"
        bash "$script" || failures=$((failures + 1))
    done
    echo "$failures scripts failed"
    [ "$failures" -eq 0 ]
    ;;
*)
    sed -n '2,3s/^# //p' "$0" >&2
    exit 2
    ;;
esac
