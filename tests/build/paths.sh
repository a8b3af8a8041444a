#!/usr/bin/env bash
# The text of the repository speaks of no folder of the machine where it was written.  paths.sh SOURCE_DIR
set -u
cd "$1" || exit 2
if git rev-parse --is-inside-work-tree >/dev/null 2>&1; then
    mapfile -t files < <(git ls-files)
else
    mapfile -t files < <(find . -type f -not -path './build*' -not -path './.git/*')
fi
found=$(grep -nIE "(^|[^A-Za-z0-9_.)}])/(work|root|home|Users)/[A-Za-z0-9]" "${files[@]}")
if [ -n "$found" ]; then
    printf '%s\n' "$found"
    echo "FAIL: absolute paths in the lines above"
    exit 1
fi
echo "ok: ${#files[@]} files without paths of a machine"
[ ${#files[@]} -gt 0 ]
