#!/usr/bin/env bash
# weft bench and weft compare: styles, JSON and its lines, another command as contender, Ctrl-C, bad input.
# bench_test.sh WEFT JSON_GET [MAKE_MODEL]
. "$(dirname "$0")/common.bash"

# ---- styles and options ----
refuses 'there are text, markdown, csv' "$weft" bench $net --style loud
refuses 'names processors' "$weft" bench $net --affinity 1000
refuses 'is not big, little, all' "$weft" bench $net --affinity some
refuses "'0x0' names no processor" "$weft" bench $net --affinity 0x0
refuses '--isa needs a value' "$weft" bench $net --vs --isa
for nothing in '' '  '; do
    refuses "--vs '$nothing' says nothing to compare with" "$weft" bench $net --vs "$nothing"
done
refuses "takes the path of another weft command, not ''" "$weft" bench $net --vs-binary ''
refuses '/nonexistent: cannot run it: No such file' "$weft" bench $net --vs-binary /nonexistent
refuses '--tolerance goes with --vs or --vs-binary' "$weft" bench $net --tolerance 5
refuses '--batch goes with neither' "$weft" bench $net --vs '--threads 1' --batch 4
refuses '--style goes with neither' "$weft" bench $net --vs '--threads 1' --style csv
refuses '--html -: standard output has the text' "$weft" bench $net --html -
touch plain
for where in json jsonl html; do
    refuses "--$where '': an empty name" "$weft" bench $net --$where ''
    refuses "--$where .: is a folder" "$weft" bench $net --$where .
    refuses "--$where plain/x: cannot write here: Not a directory" "$weft" bench $net --$where plain/x
    refuses "--$where /nonexistent/x: cannot write here: No such file" "$weft" bench $net --$where /nonexistent/x
done
: >empty.weft
refuses 'empty.weft: the file is empty' "$weft" bench empty.weft
refuses '.: is a folder' "$weft" bench .
refuses '--vs takes --isa NAME' "$weft" bench $net --vs '--threads 0'
refuses '--vs takes --isa NAME' "$weft" bench $net --vs '--threads 2x'
refuses 'takes a percentage' "$weft" bench $net --tolerance x
quick="$net --repeat 3 --warmup 0 --no-cold --no-load"
same model,isa,threads,n "$("$weft" bench $quick --style csv | head -1 | cut -d, -f1-4)"
same 19,19,19 "$("$weft" bench $quick --style markdown |
    awk '{ n = gsub(/\|/, "|") - 1; printf "%s%d", s, n; s = "," }')"
same 'min max avg' "$("$weft" bench $quick --style ncnn | grep -oE 'min|max|avg' | xargs)"
same count=3 "$("$weft" bench $quick --style tflite | grep -o 'count=[0-9]*')"
holds "$weft" bench $net --repeat 3 --warmup 0 --json bench.json
for key in model isa threads n min_ms median_ms p90_ms p99_ms gmac gmac_per_s percent_of_peak digest; do
    fields bench.json results/0/$key
done
is 3 bench.json results/0/n
if [ "$net" = net.weft ]; then
    holds "$weft" bench $net --repeat 3 --warmup 0
    same 1 "$(grep -cE '^ +file [0-9.]+ KiB, load [0-9.]+ ms, first inference done after [0-9.]+ ms, peak ' out.txt)"
    is "$(wc -c <net.weft)" bench.json results/0/file_bytes
    holds "$weft" bench $quick
    same 1 "$(grep -cE '^ +file [0-9.]+ KiB, peak memory [0-9.]+ MiB' out.txt)"
fi
# A network of the zoo is saved in TMPDIR and loaded from there; where it cannot be saved, that is left out.
for folder in 1:. 0:/nonexistent; do
    TMPDIR=${folder#*:} holds "$weft" bench zoo:resnet20 --repeat 3 --warmup 0 --no-cold
    same "${folder%%:*}" "$(grep -c 'first inference done after' out.txt)"
    same '' "$(ls -d weft-bench-* 2>/dev/null)"
done
holds "$weft" bench $net --repeat 3 --warmup 0 --json - --isa scalar
cp out.txt stdout.json
is scalar stdout.json results/0/isa
refuses 'cannot write here' "$weft" bench $net --repeat 3 --warmup 0 --json /nonexistent/b.json
refuses "no ISA called 'sse9'" "$weft" bench $net --isa sse9
refuses 'no such network' "$weft" bench zoo:nosuch --json none.json
holds test ! -e none.json

# ---- weft tune and --tuned: choices change no bit, a damaged file is refused, another's is ignored ----
quick20="zoo:resnet20 --repeat 3 --warmup 0 --no-cold --no-load"
holds "$weft" tune zoo:resnet20 --seconds 0 --threads 1 -o net.tuned
same 1,1 "$(grep -c '^layers 25$' net.tuned),$(grep -c '^end$' net.tuned)"
choices=$((16 + $("$weft" cpu | grep -c 'winograd 4x4 out'))) # that form is exact for the first layer too
choices=$((choices + 2 * $("$weft" cpu | grep -c 'winograd 2x2 of stride 2 out')))
form='(direct|strassen|F\((2|2x2|4x4),3(x3)?\))'
same $choices "$(grep -cE " $form +$form\$" out.txt)"
holds "$weft" bench $quick20 --threads 1 --tuned net.tuned --json tuned.json
is verified tuned.json results/0/digest_checked
same 0 "$(grep -c ignored err.txt)"
# Others, and some for layers that have none.
sed -i '/^[0-9]/d; s/^end$/0 2d\n1 1d\n2 direct\n3 4x4\n4 strassen\nend/' net.tuned
holds "$weft" bench $quick20 --threads 1 --tuned net.tuned --json tuned.json
is verified tuned.json results/0/digest_checked
"$weft" bench $quick20 --threads 2 --tuned net.tuned >out.txt 2>err.txt
same 0,1 "$?,$(grep -c 'ignored: made for .* and 1 thread' err.txt)"
"$weft" bench zoo:resnet32 --repeat 1 --warmup 0 --no-cold --no-load --threads 1 --tuned net.tuned >out.txt 2>err.txt
same 0,1 "$?,$(grep -c 'ignored: made for another model' err.txt)"
sed 's/^cpu .*/cpu another/' net.tuned >other.tuned
"$weft" bench $quick20 --threads 1 --tuned other.tuned >out.txt 2>err.txt
same 0,1 "$?,$(grep -c 'ignored: made on another processor' err.txt)"
for damage in '$d' '1d' 's/^end$/more/' 's/^2 direct/2 none/' 's/^2 direct/99999 2d/' 's/^2 direct/0 2d/' \
    's/^2 direct/-2 2d/' 's/^layers .*/layers 99999999/' 's/^model .*/model x/' 's/^threads .*/threads -1/' \
    '$a 3 2d' 's/^isa .*/isa/'; do
    sed "$damage" net.tuned >damaged.tuned
    refuses "not a file of 'weft tune'" "$weft" bench $quick20 --tuned damaged.tuned
done
head -c 100000 /dev/zero >damaged.tuned
refuses "not a file of 'weft tune'" "$weft" bench $quick20 --tuned damaged.tuned
refuses 'No such file' "$weft" bench $quick20 --tuned none.tuned
refuses 'goes with neither' "$weft" bench $quick20 --tuned net.tuned --vs '--threads 1'
refuses 'takes one MODEL' "$weft" tune
refuses 'cannot write here' "$weft" tune zoo:resnet20 -o /nonexistent/x

# ---- weft compare ----
result() { # result MODEL ISA THREADS FACTOR [MORE]: 40 samples near FACTOR milliseconds
    awk -v model="$1" -v isa="$2" -v threads="$3" -v factor="$4" -v more="${5:-}" 'BEGIN {
        printf "{\"model\": \"%s\", \"isa\": \"%s\", \"threads\": %d, \"digest\": \"00\"%s, \"samples_ms\": [",
            model, isa, threads, more
        for (i = 0; i < 40; i++) printf "%s%.6f", i ? ", " : "", factor * (1 + 0.01 * (i * 7 % 11 - 5) / 5)
        printf "]}" }'
}

document() { # document RESULT...: a result of weft bench
    printf '{"kind": "bench", "format": 1, "environment": {"cpu": "%s"}, "results": [%s' "${cpu:-one}" "$1"
    shift
    [ $# -eq 0 ] || printf ', %s' "$@"
    printf ']}\n'
}

document "$(result n avx2 1 10)" "$(result m avx2 1 20)" >a.json
document "$(result n avx2 1 10.1)" "$(result m avx2 1 20)" >equal.json
document "$(result n avx2 1 11)" "$(result m avx2 1 18)" >slow.json
says 0 'no difference' "$weft" compare a.json a.json
says 0 'geometric mean of 2 networks: B takes 1.000' "$weft" compare a.json a.json
same 3 "$("$weft" compare a.json equal.json | grep -c 'no difference')"
says 1 'slower, beyond the tolerance' "$weft" compare a.json slow.json
says 1 '0.900  0.895 to 0.905      0.900  faster' "$weft" compare a.json slow.json
says 0 'slower' "$weft" compare a.json slow.json --tolerance 20
says 0 'faster' "$weft" compare slow.json a.json --tolerance 12
says 1 'B takes 0.995' "$weft" compare a.json slow.json --json compare.json
is compare compare.json kind
is 1 compare.json format
is 2 compare.json summary/networks
is 1 compare.json summary/regressions
is a.json compare.json summary/a_file
is n compare.json results/0/model
fields compare.json results/1/ratio_low results/1/ratio_high results/1/regression summary/ratio_low
same model,isa,threads,a_ms,b_ms,ratio,ratio_low,ratio_high,quickest,verdict \
    "$("$weft" compare a.json a.json --style csv | head -1)"
same '| geometric mean |' "$("$weft" compare a.json a.json --style markdown | tail -1 | cut -c-18)"
cat a.json slow.json >both.json
says 0 'too noisy to tell' "$weft" compare both.json both.json
is 2 compare.json results

warns() { # warns EXIT-CODE TEXT COMMAND...: the exit code, a table on stdout, one warning with TEXT on stderr
    local code=$1 text=$2 got
    shift 2
    "$@" >out.txt 2>err.txt
    got=$?
    [ "$got" -eq "$code" ] && [ -s out.txt ] && [ "$(wc -l <err.txt)" -eq 1 ] && grep -qF -- "$text" err.txt
    count $? "exit $got, expected $code and '$text' on stderr: $*"
}

cpu=two document "$(result n avx2 1 10)" "$(result m avx2 1 20)" >other.json
document "$(result n avx2 1 10)" "$(result k avx2 1 20)" >part.json
document "$(result n avx2 2 10)" >threads.json
document "$(result n avx2 1 10)" "$(result m avx2 1 20 ', "incomplete": true')" >stopped.json
document "$(result n avx2 1 10)" "$(result m avx2 1 20 ', "digest_checked": "WRONG"')" >wrong.json
warns 0 'different machines: one' "$weft" compare a.json other.json
warns 0 'm is incomplete' "$weft" compare a.json stopped.json
warns 1 'm: WRONG RESULT' "$weft" compare wrong.json a.json
"$weft" compare a.json part.json >out.txt 2>err.txt
same 'only a.json has m,only part.json has k' "$(grep -o 'only [^ ]* has .' err.txt | paste -sd,)"
same 'geometric mean of 1 network' "$(grep -o 'geometric mean of 1 network' out.txt)"
refuses 'nothing in common: a.json has n (avx2, threads 1), threads.json has n (avx2, threads 2); --by-network' \
    "$weft" compare a.json threads.json
warns 0 'only a.json has m' "$weft" compare a.json threads.json --by-network
sed 's/"digest": "00"/"digest": "01"/' threads.json >digest.json
warns 0 'n: the outputs differ' "$weft" compare threads.json digest.json

sed 's/"samples_ms": \[[0-9.]*/&, 9.85/' slow.json | sed 's/\(model": "m.*\), 9.85/\1, 19.7/' >disturbed.json
says 0 'disturbed: the quickest runs are alike' "$weft" compare a.json disturbed.json
sed 's/"cpu"/"load_average": 1.6, "cpu"/' a.json >loaded.json
warns 0 'loaded.json was measured at a load average of 1.6' "$weft" compare loaded.json a.json
for side in a b; do
    sed 's/\(samples_ms": \[\([0-9.]*, \)\{4\}[0-9.]*\)[^]]*/\1/g' slow.json >few_$side.json
done
says 0 'too few to tell' "$weft" compare few_a.json a.json
says 0 'too few to tell' "$weft" compare a.json few_b.json
refuses 'takes two files' "$weft" compare
refuses 'takes two files' "$weft" compare a.json
refuses 'takes a percentage' "$weft" compare a.json a.json --tolerance -1
refuses 'there are text, markdown, csv' "$weft" compare a.json a.json --style loud
refuses 'none.json: No such file' "$weft" compare a.json none.json
refuses '.: Is a directory' "$weft" compare . a.json
refuses 'cannot write here' "$weft" compare a.json a.json --json /nonexistent/c.json
refuses '/dev/null: is empty' "$weft" compare a.json /dev/null
head -c 300 a.json >cut.json
refuses 'cut.json: not JSON, cut off or nested too deep (at byte 299)' "$weft" compare a.json cut.json
refuses 'not JSON, cut off' "$weft" compare "$weft" a.json
printf '{"environment": {}, "results": []}' >old.json
refuses 'old.json: not a result of' "$weft" compare old.json a.json
sed 's/"format": 1/"format": 2/' a.json >newer.json
refuses 'newer.json: format 2 of another version of weft; this one reads format 1' "$weft" compare newer.json a.json
refuses "this is the JSON of 'compare'" "$weft" compare compare.json a.json
document "{}" >empty.json
refuses "empty.json: result 1 lacks" "$weft" compare empty.json a.json
printf '{"kind": "bench", "format": 1, "results": []}' >empty.json
refuses 'empty.json: no results in it' "$weft" compare empty.json a.json
for damage in 's/"threads": 1/"threads": 1.5/' 's/"threads": 1/"threads": 0/' 's/\[9/[-9/' 's/\[9/["x", 9/' \
    's/\[[0-9]/[1e999, 1/' 's/"model": "n"/"model": "\\u001b[2J"/' 's/"model": "n"/"model": 5/' 's/"isa"/"ISA"/' \
    's/"samples_ms"/"samples"/'; do
    sed "$damage" a.json >damaged.json
    refuses 'damaged.json: ' "$weft" compare a.json damaged.json
    refuses 'damaged.json: ' "$weft" compare damaged.json a.json
done
awk 'BEGIN { for (i = 0; i < 100000; i++) printf "[" }' >deep.json
refuses 'nested too deep' "$weft" compare deep.json a.json
awk 'BEGIN { for (i = 0; i < 10000000; i++) printf "{\"a\":" }' | head -c 10000000 >deep.json
refuses 'nested too deep' "$weft" compare a.json deep.json

# ---- all results of a network count, however many ----
many() { # many COUNT MILLISECONDS: a file of results of one sample each
    awk -v count="$1" -v ms="$2" 'BEGIN {
        printf "{\"kind\": \"bench\", \"format\": 1, \"results\": ["
        for (i = 0; i < count; i++)
            printf "%s{\"model\": \"n\", \"isa\": \"avx2\", \"threads\": 1, \"samples_ms\": [%s]}", i ? ", " : "", ms
        print "]}" }'
}

{ many 256 10; many 1000 20; } >many.json
many 1256 10 >few.json
says 0 '  2.000  ' "$weft" compare few.json many.json --json many_compare.json
is 1256 many_compare.json results/0/a_results
is 1256 many_compare.json results/0/b_results
is 20 many_compare.json results/0/b_median_ms
many 4096 10 >many.json
says 0 'no difference' "$weft" compare many.json few.json
many 4097 10 >many.json
refuses 'many.json: more than 4096 results in one file; split it' "$weft" compare few.json many.json
for i in $(seq 4097); do echo '{"kind": "bench", "format": 1, "results": []}'; done >many.json
refuses 'many.json: more than 4096 documents in one file; split it' "$weft" compare few.json many.json
{ cat few.json; many 300 10 | sed 's/"n"/"m"/g'; } >more.json
warns 0 'only more.json has m' "$weft" compare few.json more.json # once, not 300 times

# ---- lines ----
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
same 'geometric mean of 1 network' \
    "$("$weft" compare two.jsonl two.json --tolerance 1000 2>err.txt | grep -o 'geometric mean of 1 network')"
refuses 'cannot both go to standard output' "$weft" bench $quick --json - --jsonl -
refuses 'nonexistent/b.jsonl: cannot write here' "$weft" bench $quick --jsonl /nonexistent/b.jsonl
refuses 'no such network' "$weft" bench zoo:nosuch --jsonl none.jsonl --json none.json
holds test ! -e none.jsonl -a ! -e none.json
if [ -c /dev/full ]; then
    "$weft" bench $quick --style csv --jsonl /dev/full >out.txt 2>err.txt
    same '2 1' "$? $(lines err.txt)"
fi

# ---- another command as contender ----
"$weft" bench $net --threads 1 --repeat 3 --vs-binary "$weft" --tolerance 1000 --json vs.json --jsonl vs.jsonl \
    >out.txt 2>err.txt
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
fake() { # fake DIGEST SECONDS: a command that answers so
    printf '#!/bin/sh\nwhile read -r line; do case $line in open) echo "%s" ;; *) echo "%s" ;; esac; done\n' "$1" "$2" >fake.sh
    chmod +x fake.sh
}
printf '#!/bin/sh\necho hello\n' >fake.sh
chmod +x fake.sh
refuses "./fake.sh: 'hello' is not what a weft command of this version answers" "$weft" bench $net --vs-binary ./fake.sh
fake 0123456789abcdef never
refuses "./fake.sh: 'never' is not what" "$weft" bench $net --vs-binary ./fake.sh
fake 0123456789abcdef -1
refuses "./fake.sh: '-1' is not what" "$weft" bench $net --vs-binary ./fake.sh
fake 0123456789abcdef nan
refuses "./fake.sh: 'nan' is not what" "$weft" bench $net --vs-binary ./fake.sh
fake 0123 1
refuses "./fake.sh: '0123' is not what" "$weft" bench $net --vs-binary ./fake.sh
printf '#!/bin/sh\nkill -9 $$\n' >fake.sh
refuses './fake.sh: ended by signal 9' "$weft" bench $net --vs-binary ./fake.sh
fake 0123456789abcdef 0.0000001
"$weft" bench $net --vs-binary ./fake.sh --repeat 9 >out.txt 2>err.txt
same '1 1 1' "$? $(grep -c 'WRONG RESULT: A and B give different outputs' err.txt) $(
    grep -c 'B (./fake.sh) 0.000 ms.*faster' out.txt)"
fake 0123456789abcdef 100
"$weft" bench $net --vs-binary ./fake.sh --repeat 9 >out.txt 2>err.txt
same '1 1' "$? $(grep -c '9 rounds): slower' out.txt)"

# ---- the other end of it ----
printf 'open\nturn\nturn\nopen\n' | "$weft" bench --turns $net --isa scalar >out.txt 2>err.txt
same '0 4 0' "$? $(lines out.txt) $(lines err.txt)"
same 2 "$(grep -cxF "$(head -1 out.txt)" out.txt)"
same 2 "$(grep -cE '^[0-9.e-]+$' out.txt)"
for line in turn 'open ' close; do
    echo "$line" | "$weft" bench --turns $net >out.txt 2>err.txt
    same '2 0 1' "$? $(lines out.txt) $(grep -c "reads 'open' and, after it, 'turn'" err.txt)"
done
refuses '--turns takes one network' "$weft" bench --turns
refuses '--turns takes one network' "$weft" bench --turns $net $net
refuses '--turns takes one network' "$weft" bench --turns $net --json none.json
refuses 'no such network' "$weft" bench --turns zoo:nosuch

# ---- Ctrl-C ----
timeout --foreground --preserve-status -s INT 1 "$weft" bench $net $net --threads 1 --warmup 0 --min-time 60 \
    --no-cold --no-load --json int.json >out.txt 2>err.txt
same '1 1 1' "$? $(grep -c 'incomplete: stopped' out.txt) $(grep -c 'stopped at network 1 of 2: incomplete' err.txt)"
is 1 int.json results
same 2 "$(grep -c '"incomplete":.*true' int.json)"
timeout --foreground --preserve-status -s INT 1 "$weft" bench $net --threads 1 --warmup 0 --min-time 60 \
    --no-cold --no-load --style csv --jsonl int.jsonl >out.txt 2>err.txt
same '1 1 1' "$? $(tail -1 out.txt | grep -c 'incomplete$') $(grep -c '"incomplete":true' int.jsonl)"
timeout --foreground --preserve-status -s INT 1 "$weft" bench $net --threads 1 --warmup 0 --min-time 60 \
    --vs '--threads 1' --json int.json >out.txt 2>err.txt
same '1 1' "$? $(grep -c 'incomplete: stopped' out.txt)"
is bench-vs int.json kind
same 2 "$(grep -c '"incomplete":.*true' int.json)"
timeout --foreground --preserve-status -s INT 3 "$weft" bench $net --threads 1 --repeat 400 \
    --vs-binary "$weft" >out.txt 2>err.txt
same '1 1' "$? $(grep -c 'incomplete: stopped' out.txt)"

finish
