#!/usr/bin/env bash
# The libraries never print, abort or exit.  calls.sh ARCHIVE...
set -u
failures=0
forbidden='^(abort|_?_?[Ee]xit|quick_exit|v?printf|v?fprintf|__v?f?printf_chk|puts|putchar|perror|stdout|stderr|err|errx|warn|warnx|__assert_fail)$'
for archive in "$@"; do
    if ! listing=$(nm -u "$archive"); then
        failures=$((failures + 1))
        continue
    fi
    names=$(printf '%s\n' "$listing" | awk '$1 == "U" { print $2 }' | sort -u)
    bad=$(printf '%s\n' "$names" | grep -E "$forbidden")
    if [ -n "$bad" ]; then
        echo "FAIL: $archive uses" $bad
        printf '%s\n' "$listing" | awk -v bad="^($(echo $bad | tr ' ' '|'))\$" \
            '/:$/ { member = $0 } $1 == "U" && $2 ~ bad { print "    " member " " $2 }'
        failures=$((failures + 1))
    else
        echo "ok: $archive: none of $(printf '%s\n' "$names" | grep -c .) names that it takes prints, aborts or exits"
    fi
done
[ $failures -eq 0 ]
