#!/usr/bin/env bash
# Instructions in the hot loops of the main kernels against what was recorded: a slower kernel shows without a clock.
#   loops.sh RECORD OBJECTS [--update]       RECORD: lines of "object function instructions"; OBJECTS: a list of files
# Counted are all innermost loops of a function: from the target of a jump backwards to that jump, with no other such loop
# inside. More than 3 % above the record fails; --update writes the record anew.
set -u
record=$1 objects=$2 update=${3:-}
failures=0

# loops OBJECT FUNCTION: instructions of them, 0 if there is no such function or no loop.
loops() {
    objdump -d --no-show-raw-insn --disassemble="$2" "$1" | awk '
        $1 ~ /^[0-9a-f]+:$/ && NF > 1 {
            at = $1; sub(/:$/, "", at)
            n++; index_of[at] = n; jump[n] = $2 ~ /^j/ ? $3 : ""
        }
        END {
            for (i = 1; i <= n; i++) {
                if (jump[i] != "" && jump[i] in index_of && index_of[jump[i]] <= i) {
                    loops++; from[loops] = index_of[jump[i]]; to[loops] = i
                }
            }
            for (l = 1; l <= loops; l++) {
                inner = 1
                for (m = 1; m <= loops; m++) {
                    if (m != l && from[m] >= from[l] && to[m] <= to[l]) inner = 0
                }
                if (inner) sum += to[l] - from[l] + 1
            }
            print sum + 0
        }'
}

new=$(while read -r object function count; do
    case $object in
    '#'*) echo "$object $function $count" ;;
    *)
        file=$(grep "/$object\.c\.o\$" "$objects" | head -n 1)
        echo "$object $function $([ -n "$file" ] && loops "$file" "$function" || echo 0)"
        ;;
    esac
done < "$record")
if [ "$update" = --update ]; then
    printf '%s\n' "$new" > "$record"
    exit
fi
while read -r object function count && read -r _ _ now <&3; do
    case $object in '#'*) continue ;; esac
    if [ "$now" -eq 0 ]; then
        echo "FAIL: $object: no loop in $function"
        failures=$((failures + 1))
    elif [ $((now * 100)) -gt $((count * 103)) ]; then
        echo "FAIL: $object, $function: $now instructions, recorded $count"
        failures=$((failures + 1))
    elif [ $((now * 103)) -lt $((count * 100)) ]; then
        echo "ok: $object, $function: $now instructions, fewer than the recorded $count: record it with --update"
    else
        echo "ok: $object, $function: $now instructions"
    fi
done < "$record" 3<<< "$new"
[ "$failures" -eq 0 ]
