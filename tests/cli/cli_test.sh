#!/usr/bin/env bash
# The command's manners: exit codes, one-line errors, JSON, files written whole or not at all.
set -u
weft=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1
passed=0
failed=0

expect() { # expect EXIT-CODE TEXT COMMAND...: the exit code, and TEXT somewhere in the output
    local code=$1 text=$2 got out
    shift 2
    out=$("$@" 2>&1 | tr '\0' ' '; exit "${PIPESTATUS[0]}")
    got=$?
    if [ "$got" -eq "$code" ] && grep -qF -- "$text" <<<"$out"; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        printf 'FAILED: %s\n  exit %s, expected %s with "%s"\n%s\n' "$*" "$got" "$code" "$text" "$out"
    fi
}

one_line() { # one_line COMMAND...: bad use gives exit 2, one line on stderr, nothing on stdout
    local out err
    out=$("$@" 2>err.txt)
    local code=$?
    err=$(wc -l <err.txt)
    if [ "$code" -eq 2 ] && [ -z "$out" ] && [ "$err" -eq 1 ]; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        printf 'FAILED: %s: exit %s, %s lines\n' "$*" "$code" "$err"
        cat err.txt
    fi
}

expect 2 'usage: weft VERB' "$weft"
expect 0 'usage: weft VERB' "$weft" --help
expect 0 'weft 0.' "$weft" --version
for verb in quantize run classify eval verify bench inspect zoo cpu; do
    expect 0 "usage: weft $verb" "$weft" "$verb" --help
done
one_line "$weft" dance
one_line "$weft" bench --dance
one_line "$weft" bench --threads
one_line "$weft" bench --threads 0
one_line "$weft" bench --threads two
one_line "$weft" bench --repeat=-1
one_line "$weft" bench --min-time nan
one_line "$weft" zoo extra
one_line "$weft" run zoo:squeezenet1.1
one_line "$weft" run zoo:nosuch --input x.npy --output y.npy
one_line "$weft" inspect missing.weft
one_line "$weft" inspect .
: >empty.weft
one_line "$weft" inspect empty.weft
echo 'not a model' >text.weft
one_line "$weft" inspect text.weft
echo 'not a model' >text.onnx
one_line "$weft" inspect text.onnx
one_line "$weft" verify zoo:squeezenet1.1 --threads 1,,2
one_line "$weft" verify zoo:squeezenet1.1 --isa sse9
one_line "$weft" bench zoo:squeezenet1.1 --isa sse9
one_line "$weft" run zoo:squeezenet1.1 --input missing.npy --output y.npy
echo 'not an array' >text.npy
one_line "$weft" run zoo:squeezenet1.1 --input text.npy --output y.npy
one_line "$weft" classify zoo:squeezenet1.1 text.npy --prep torch
one_line "$weft" classify zoo:squeezenet1.1 text.npy
one_line "$weft" quantize zoo:squeezenet1.1 -o out.weft --calib .
one_line "$weft" eval zoo:squeezenet1.1
one_line "$weft" eval zoo:squeezenet1.1 --cifar text.bin --prep torch

python3 - <<'PY'
import struct
shape = (2, 3, 224, 224)
head = "{'descr': '<f4', 'fortran_order': False, 'shape': %r, }" % (shape,)
head += ' ' * (-(10 + len(head) + 1) % 64) + '\n'
with open('two.npy', 'wb') as f:
    f.write(b'\x93NUMPY\x01\x00' + struct.pack('<H', len(head)) + head.encode())
    f.write(struct.pack('<f', 0.5) * (2 * 3 * 224 * 224))
with open('short.npy', 'wb') as f:
    f.write(open('two.npy', 'rb').read()[:1000])
PY
one_line "$weft" run zoo:squeezenet1.1 --input short.npy --output y.npy
expect 0 '' "$weft" run zoo:squeezenet1.1 --input two.npy --output y.npy
expect 0 '(2, 1000)' head -c 80 y.npy
one_line "$weft" run zoo:squeezenet1.1 --input two.npy --output /nonexistent/y.npy
one_line "$weft" run zoo:squeezenet1.1 --float --input two.npy --output y.npy
expect 0 '' test -z "$(find . -name 'y.npy.*')"

expect 0 'the same bits everywhere' "$weft" verify zoo:squeezenet1.1 --threads 1,2 --verdicts-only --json v.json
expect 0 'zoo:squeezenet1.1' "$weft" bench zoo:squeezenet1.1 --repeat 3 --warmup 0 --json b.json
python3 - >json.txt 2>&1 <<'PY'
import json
b = json.load(open('b.json'))
r = b['results'][0]
for key in 'model isa threads n min_ms median_ms p90_ms p99_ms gmac gmac_per_s percent_of_peak digest'.split():
    assert key in r, key
assert r['n'] == 3 and r['min_ms'] <= r['median_ms'] <= r['p90_ms'] <= r['p99_ms']
assert b['environment']['cpu'] is not None
assert all(v['verdict'] == 'same' for v in json.load(open('v.json'))['results'])
print('json fine')
PY
expect 0 'json fine' cat json.txt
expect 0 '"results"' "$weft" bench zoo:squeezenet1.1 --repeat 3 --warmup 0 --json -
one_line "$weft" bench zoo:squeezenet1.1 --repeat 3 --warmup 0 --json /nonexistent/b.json

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
