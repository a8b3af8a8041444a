# Part of cli_test.sh: weft compare.

result() { # result MODEL ISA THREADS FACTOR [MORE]: 40 samples near FACTOR milliseconds
    awk -v model="$1" -v isa="$2" -v threads="$3" -v factor="$4" -v more="${5:-}" 'BEGIN {
        printf "{\"model\": \"%s\", \"isa\": \"%s\", \"threads\": %d, \"digest\": \"00\"%s, \"samples_ms\": [", model, isa, threads, more
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
says 1 '0.900  0.895 to 0.905   faster' "$weft" compare a.json slow.json
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
same model,isa,threads,a_ms,b_ms,ratio,ratio_low,ratio_high,verdict "$("$weft" compare a.json a.json --style csv | head -1)"
same '| geometric mean |' "$("$weft" compare a.json a.json --style markdown | tail -1 | cut -c-18)"
cat a.json slow.json >both.json
says 0 'no difference' "$weft" compare both.json both.json
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
refuses 'not JSON, or cut off' "$weft" compare a.json /dev/null
head -c 300 a.json >cut.json
refuses 'cut.json: not JSON, or cut off (at byte 299)' "$weft" compare a.json cut.json
refuses 'not JSON, or cut off' "$weft" compare "$weft" a.json
printf '{"environment": {}, "results": []}' >old.json
refuses 'old.json: not a result of' "$weft" compare old.json a.json
sed 's/"format": 1/"format": 2/' a.json >newer.json
refuses 'newer.json: format 2 of another version of weft; this one reads format 1' "$weft" compare newer.json a.json
refuses "this is the JSON of 'compare'" "$weft" compare compare.json a.json
document "{}" >empty.json
refuses "empty.json: result 1 lacks" "$weft" compare empty.json a.json
printf '{"kind": "bench", "format": 1, "results": []}' >empty.json
refuses 'empty.json: no results in it' "$weft" compare empty.json a.json
for damage in 's/"threads": 1/"threads": 1.5/' 's/"threads": 1/"threads": 0/' 's/\[9/[-9/' 's/\[9/["x", 9/' 's/\[[0-9]/[1e999, 1/' \
    's/"model": "n"/"model": "\\u001b[2J"/' 's/"model": "n"/"model": 5/' 's/"isa"/"ISA"/' 's/"samples_ms"/"samples"/'; do
    sed "$damage" a.json >damaged.json
    refuses 'damaged.json: ' "$weft" compare a.json damaged.json
    refuses 'damaged.json: ' "$weft" compare damaged.json a.json
done
awk 'BEGIN { for (i = 0; i < 100000; i++) printf "[" }' >deep.json
refuses 'not JSON' "$weft" compare deep.json a.json
