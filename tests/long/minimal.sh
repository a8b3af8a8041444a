#!/usr/bin/env bash
# Nothing optional: every WITH off; and everything on where none of the libraries can be found. The library needs libc,
# libm and OpenMP, and the suite that is left passes.
. "$(dirname "$0")/common.bash"

# Only these may be needed (ldd: what they need in turn is theirs).
needs_little() { # needs_little FILE
    local other
    other=$(ldd "$1" | awk '{ print $1 }' | grep -vE '^(linux-vdso|libc|libm|libgomp|libomp|/lib.*ld-linux[a-z0-9-]*)\.so')
    ldd "$1"
    [ -z "$other" ] || { echo "needs $other"; return 1; }
}

# cmake finds nothing below the system's folders but the C library and OpenMP; pkg-config finds nothing.
hidden=(-DCMAKE_FIND_ROOT_PATH="$long/nothing" -DCMAKE_FIND_ROOT_PATH_MODE_LIBRARY=ONLY
    -DCMAKE_FIND_ROOT_PATH_MODE_INCLUDE=ONLY -DCMAKE_FIND_ROOT_PATH_MODE_PACKAGE=ONLY
    -DCMAKE_FIND_ROOT_PATH_MODE_PROGRAM=NEVER -DPKG_CONFIG_EXECUTABLE=/bin/false
    -DOpenMP_gomp_LIBRARY="$(gcc -print-file-name=libgomp.so)"
    -DOpenMP_pthread_LIBRARY="$(gcc -print-file-name=libpthread.a)")
mkdir -p "$long/nothing"

echo "without optional dependencies"
check "options off: build" build minimal -DWEFT_WITH_ONNX=OFF -DWEFT_WITH_IMAGES=OFF &&
    check "options off: suite" suite minimal -LE slow &&
    check "options off: libweft.so" needs_little "$long/minimal/libweft.so"
check "libraries hidden: build" build hidden "${hidden[@]}" &&
    check "libraries hidden: suite" suite hidden -LE slow &&
    check "libraries hidden: libweft.so" needs_little "$long/hidden/libweft.so"
finish
