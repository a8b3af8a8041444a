# Part of cli_test.sh: weft bench's lines, turns and Ctrl-C. $quick is a short measurement of $net.

lines() { wc -l <"$1"; }

holds "$weft" bench $quick $net --jsonl two.jsonl --json two.json
same 2 "$(lines two.jsonl)"
for n in 1 2; do
    sed -n ${n}p two.jsonl >line.json
    is bench line.json kind
    is 1 line.json format
    is 1 line.json results
    is 3 line.json results/0/n
    is 3 line.json results/0/samples_ms
    fields line.json environment/cpu results/0/digest
done
is 2 two.json results
is 2 two.json summary/networks
holds grep -q '"incomplete":.*false' two.json
holds "$weft" bench $quick $net --jsonl -
same 2 "$(lines out.txt)"
cp out.txt stdout.jsonl
says 0 'geometric mean of 1 network' "$weft" compare two.jsonl two.json --tolerance 1000
refuses 'cannot both go to standard output' "$weft" bench $quick --json - --jsonl -
refuses 'nonexistent/b.jsonl: cannot write here' "$weft" bench $quick --jsonl /nonexistent/b.jsonl
refuses 'no such network' "$weft" bench zoo:nosuch --jsonl none.jsonl --json none.json
holds test ! -e none.jsonl -a ! -e none.json
if [ -c /dev/full ]; then
    "$weft" bench $quick --style csv --jsonl /dev/full >out.txt 2>err.txt
    same '2 1' "$? $(lines err.txt)"
fi

# ---- another command as contender ----
"$weft" bench $net --threads 1 --repeat 3 --vs-binary "$weft" --tolerance 1000 --json vs.json --jsonl vs.jsonl >out.txt 2>err.txt
same "0 1" "$? $(grep -cE "B \($weft\) .*3 rounds\): too few to tell" out.txt)"
is bench-vs vs.json kind
is "$weft" vs.json results/0/binary
is 3 vs.json results/0/rounds
is 3 vs.json results/0/a_turns_ms
is 3 vs.json results/0/b_turns_ms
is bench-vs vs.jsonl kind
"$weft" bench $net --repeat 2 --vs-binary "$weft" --vs '--threads 1 --no-winograd' --tolerance 1000 >out.txt 2>err.txt
same "0 1" "$? $(grep -cF "B ($weft --threads 1 --no-winograd)" out.txt)"
"$weft" bench $net --threads 1 --repeat 9 --vs '--isa scalar' >out.txt 2>err.txt
same "1 1" "$? $(grep -cF '9 rounds): slower, beyond the tolerance' out.txt)"
refuses 'this is the JSON of' "$weft" compare vs.json vs.json
refuses './nowhere: cannot run it: No such file' "$weft" bench $net --vs-binary ./nowhere
refuses 'false: no result, exit status 1' "$weft" bench $net --vs-binary false
refuses 'cat: ' "$weft" bench $net --vs-binary cat
refuses "zoo:nosuch: no such network" "$weft" bench zoo:nosuch --vs-binary "$weft"
refuses 'this command: ' "$weft" bench none.weft --vs-binary "$weft"
fake() { # fake TEXT: a command that says TEXT
    printf '#!/bin/sh\ncat <<"END"\n%s\nEND\n' "$1" >fake.sh
    chmod +x fake.sh
}
fake 'hello'
refuses './fake.sh: not JSON' "$weft" bench $net --vs-binary ./fake.sh
fake '{"kind": "bench", "format": 99, "results": []}'
refuses './fake.sh: format 99 of another version of weft' "$weft" bench $net --vs-binary ./fake.sh
fake "$(document "$(result n avx2 1 0.0001)")"
"$weft" bench $net --vs-binary ./fake.sh --repeat 9 >out.txt 2>err.txt
same '1 1 1' "$? $(grep -c 'WRONG RESULT: A and B give different outputs' err.txt) $(grep -c 'B (./fake.sh) 0.000 ms.*faster' out.txt)"
fake "$(document "$(result n avx2 1 100000)")"
"$weft" bench $net --vs-binary ./fake.sh --repeat 9 >out.txt 2>err.txt
same '1 1' "$? $(grep -c '9 rounds): slower' out.txt)"

# ---- Ctrl-C ----
timeout --foreground --preserve-status -s INT 1 "$weft" bench $net $net --min-time 60 --no-cold --no-load --json int.json >out.txt 2>err.txt
same '1 1 1' "$? $(grep -c 'incomplete: stopped' out.txt) $(grep -c 'stopped at network 1 of 2: incomplete' err.txt)"
is 1 int.json results
same 2 "$(grep -c '"incomplete":.*true' int.json)"
timeout --foreground --preserve-status -s INT 1 "$weft" bench $net --min-time 60 --no-cold --no-load --style csv --jsonl int.jsonl >out.txt 2>err.txt
same '1 1 1' "$? $(tail -1 out.txt | grep -c 'incomplete$') $(grep -c '"incomplete":true' int.jsonl)"
timeout --foreground --preserve-status -s INT 1 "$weft" bench $net --min-time 60 --vs '--threads 1' >out.txt 2>err.txt
same '1 1' "$? $(grep -c 'incomplete: stopped' out.txt)"
timeout --foreground --preserve-status -s INT 3 "$weft" bench $net --min-time 60 --vs-binary "$weft" >out.txt 2>err.txt
same '1 1' "$? $(grep -c 'incomplete: stopped' out.txt)"
