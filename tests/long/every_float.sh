#!/usr/bin/env bash
# All 2^32 floats through every encoder of this machine, for several edges.
. "$(dirname "$0")/common.bash"
echo "every float through every encoder"
check "every_float build" build plain &&
    check "every float" "$long/plain/bin/every_float" && cat "$long/every_float.log"
finish
