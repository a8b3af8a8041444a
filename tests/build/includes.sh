#!/usr/bin/env bash
# Who may include whom (docs/kernels.md names the rooms).  includes.sh SOURCE_DIR
set -u
cd "$1" || exit 2
failures=0
checked=0

# rule NAME FILES... -- ALLOWED: each #include of the files matches the extended regular expression ALLOWED.
rule() {
    local name=$1 files=() lines bad
    shift
    while [ "$1" != -- ]; do
        files+=("$1")
        shift
    done
    if [ ${#files[@]} -eq 0 ]; then
        echo "FAIL: $name: no files"
        failures=$((failures + 1))
        return
    fi
    lines=$(grep -nHE '^[[:space:]]*#[[:space:]]*include' "${files[@]}")
    checked=$((checked + $(printf '%s\n' "$lines" | grep -c .)))
    bad=$(printf '%s\n' "$lines" | sed -nE '/#[[:space:]]*include/p' |
        awk -v allowed="$2" '{ at = match($0, /[<"]/); if (substr($0, at) !~ allowed) print }')
    if [ -n "$bad" ]; then
        echo "FAIL: $name: may include only $2"
        printf '%s\n' "$bad" | sed 's/^/    /'
        failures=$((failures + 1))
    else
        echo "ok: $name: ${#files[@]} files"
    fi
}

# Sources under folders, without the paths that match the optional second argument.
sources() { find $1 -name '*.[ch]' | sort | grep -vE "${2:-^$}"; }

system='^<[a-z0-9_]+([./][a-z0-9_]+)*\.h>'
libc='^<(assert|ctype|errno|float|inttypes|limits|math|stdarg|stdatomic|stdbool|stddef|stdint|stdio|stdlib|string|time|unistd|fcntl|dirent|dlfcn|pthread|omp|sched|signal|linux/futex|sys/[a-z]+)\.h>'
mapfile -t public < <(find . -path '*/include/weft/*.h' | sort)
rule 'public headers: libc and each other' "${public[@]}" -- '^<std(def|int|bool)\.h>|^<weft/|^"(weft|version)\.h"'
mapfile -t files < <(sources simd '^simd/(x86|arm)/')
rule 'simd: itself; its lists name those of the families' "${files[@]}" -- \
    "$libc|^<cpuid\.h>|^\"(simd/([a-z]+\.h|scalar/|(x86|arm)/list[a-z0-9_]*\.h)|[a-z_]+\.h\")"
if [ -d simd/x86 ] && [ -n "$(sources simd/x86)" ]; then
    mapfile -t files < <(sources simd/x86)
    rule 'simd/x86: never simd/arm' "${files[@]}" -- "$libc|^<[a-z]mmintrin\.h>|^\"simd/([a-z]+\.h|x86/)|^\"[a-z0-9_]+\.h\""
fi
if [ -d simd/arm ] && [ -n "$(sources simd/arm)" ]; then
    mapfile -t files < <(sources simd/arm)
    rule 'simd/arm: never simd/x86' "${files[@]}" -- "$libc|^<arm_neon\.h>|^\"simd/([a-z]+\.h|arm/)|^\"[a-z0-9_]+\.h\""
fi
kernels='simd/(kernels|pack|isa)\.h'
mapfile -t files < <(sources "engine/ops engine/session engine/codes engine/graph")
rule 'engine, with the contracts of the kernels: libc only' "${files[@]}" -- \
    "$libc|^<weft/(weft|version)\.h>|^\"((core|codes|graph|format|ops|session)/[a-z_]+|$kernels|[a-z_]+\.h)"
mapfile -t files < <(sources "engine/core engine/format")
rule 'engine, without the kernels: libc only' "${files[@]}" -- \
    "$libc|^<weft/(weft|version)\.h>|^\"((core|codes|graph|format)/[a-z_]+|[a-z_]+\.h)"
mapfile -t files < <(sources "engine/onnx engine/quant")
rule 'conversion: the engine, and libraries' "${files[@]}" -- \
    "$system|^<|^\"((core|codes|graph|format|session|onnx|quant)/[a-z_]+|[a-z_.-]+\.h)"
mapfile -t files < <(sources models)
rule 'zoo: graphs, no kernels' "${files[@]}" -- "$libc|^<weft/|^\"((core|codes|graph)/[a-z_]+|[a-z_]+\.h)"
mapfile -t files < <(sources tools)
rule 'tools: public headers of weft only' "${files[@]}" -- '^<|^"[a-z_]+\.h"'
mapfile -t files < <(sources tests)
rule 'tests: anything but the insides of simd/x86 and simd/arm' "${files[@]}" -- '^<|^"(core|codes|graph|format|ops|session|onnx|quant|tests|models)/|^"simd/([a-z]+\.h|scalar/)|^"[a-z_]+\.h"'
mapfile -t files < <(sources bench)
rule 'bench: public headers and the contracts' "${files[@]}" -- "$libc|^<|^\"$kernels|^\"[a-z_]+\\.h"

echo "$checked includes, $failures rules broken"
[ $failures -eq 0 ]
