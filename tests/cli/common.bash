# Shared by the tests of the command, which take WEFT JSON_GET [MAKE_MODEL [MAKE_IMAGES]]: counting, and a folder with a
# small model in it.
set -u
weft=$1
json_get=$2
make_model=${3:-}
make_images=${4:-}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1
unset WEFT_ISA
export OMP_WAIT_POLICY=passive # threads that wait by spinning stand still where other tests run beside
passed=0
failed=0
zoo=zoo:squeezenet1.1
net=$zoo # what runs: a small network of our own where it can be made
size=224
classes=1000

count() { # count 0|1 WHAT...
    if [ "$1" -eq 0 ]; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        shift
        printf 'FAILED: %s\n' "$*"
        [ ! -s out.txt ] || sed 's/^/  out: /' out.txt | head -20
        [ ! -s err.txt ] || sed 's/^/  err: /' err.txt | head -20
    fi
}

says() { # says EXIT-CODE TEXT COMMAND...: the exit code, and TEXT on stdout, nothing on stderr
    local code=$1 text=$2 got
    shift 2
    "$@" >out.txt 2>err.txt
    got=$?
    [ "$got" -eq "$code" ] && grep -qaF -- "$text" out.txt && [ ! -s err.txt ]
    count $? "exit $got, expected $code with '$text' on stdout only: $*"
}

refuses() { # refuses TEXT COMMAND...: exit 2, one line with TEXT on stderr, nothing on stdout
    local text=$1 got
    shift
    "$@" >out.txt 2>err.txt
    got=$?
    [ "$got" -eq 2 ] && [ ! -s out.txt ] && [ "$(wc -l <err.txt)" -eq 1 ] && grep -qF -- "$text" err.txt
    count $? "exit $got, expected 2 and one line with '$text' on stderr: $*"
}

fields() { # fields FILE PATH...: the file is JSON and has these values
    "$json_get" "$@" >out.txt 2>err.txt
    count $? "json_get $*"
}

is() { # is EXPECTED FILE PATH: this value
    [ "$("$json_get" "$2" "$3" 2>&1)" = "$1" ]
    count $? "$3 of $2 is $("$json_get" "$2" "$3" 2>&1), not $1"
}

same() { # same EXPECTED GOT
    [ "$1" = "$2" ]
    count $? "got '$2', not '$1'"
}

holds() { # holds COMMAND...: succeeds
    "$@" >out.txt 2>err.txt
    count $? "$*"
}

npy() { # npy N C H W: a float32 array of zeros
    local head="{'descr': '<f4', 'fortran_order': False, 'shape': ($1, $2, $3, $4), }"
    printf '\x93NUMPY\x01\x00\x76\x00%-117s\n' "$head"
    head -c $((4 * $1 * $2 * $3 * $4)) /dev/zero
}

finish() {
    echo "$passed passed, $failed failed"
    [ "$failed" -eq 0 ]
    exit
}

if [ -n "$make_model" ]; then
    "$make_model" . && "$weft" quantize small.onnx -o net.weft --calib cifar.bin --prep unit >/dev/null || exit 1
    net=net.weft size=32 classes=10
fi
