#!/usr/bin/env bash
# Names that the libraries give away and libraries that they need.
#   symbols.sh LIBWEFT_SO|- ARCHIVE...
set -u
shared=$1
shift
failures=0

# prefixed WHAT NAMES: each of the names, one a line, starts with weft_.
prefixed() {
    local bad count
    count=$(printf '%s\n' "$2" | grep -c .)
    bad=$(printf '%s\n' "$2" | grep . | grep -v '^weft_')
    if [ -n "$bad" ] || [ "$count" -eq 0 ]; then
        echo "FAIL: $1: $count names; without the prefix weft_:" $bad
        failures=$((failures + 1))
    else
        echo "ok: $1: $count names, all weft_"
    fi
}

if [ "$shared" != - ]; then
    prefixed "$shared" "$(nm -D --defined-only "$shared" | awk '{ print $3 }')"
    needed=$(readelf -d "$shared" | sed -nE 's/.*\(NEEDED\).*\[(.*)\].*/\1/p')
    bad=$(printf '%s\n' "$needed" | grep -vE '^(libc|libm|libdl|libpthread|libgomp|libomp|ld-linux[a-z0-9-]*)\.so')
    if [ -n "$bad" ] || [ -z "$needed" ]; then
        echo "FAIL: $shared needs" $bad
        failures=$((failures + 1))
    else
        echo "ok: $shared needs only" $needed
    fi
fi
for archive in "$@"; do
    prefixed "$archive" "$(nm -g --defined-only "$archive" 2>/dev/null | awk 'NF == 3 { print $3 }')"
done
[ $failures -eq 0 ]
