#!/usr/bin/env bash
# Installs weft into a folder, moves that, and builds programs against it as others would: through find_package, through
# pkg-config with the shared and the static library, and with weft as a folder of their own project.
#   install.sh CMAKE BUILD_FOLDER SCRATCH_FOLDER SOURCE_FOLDER COMPILER find|folder
set -eu
cmake=$1 build=$2 scratch=$3 source=$4 compiler=$5 way=$6
# The generator of this build: the default one may not be installed.
CMAKE_GENERATOR=$(sed -n 's/^CMAKE_GENERATOR:INTERNAL=//p' "$build/CMakeCache.txt")
export CMAKE_GENERATOR
model=$source/tests/fuzz/corpus/weft_file/small.weft
rm -rf "$scratch"
mkdir -p "$scratch"

if [ "$way" = folder ]; then
    "$cmake" -S "$source/tests/build/embed" -B "$scratch/embed" -DCMAKE_C_COMPILER="$compiler" -DWEFT_SOURCE="$source" >/dev/null
    "$cmake" --build "$scratch/embed" --target embed -j2 >/dev/null
    "$scratch/embed/embed" "$model"
    exit
fi

"$cmake" --install "$build" --prefix "$scratch/first" >/dev/null
mv "$scratch/first" "$scratch/moved" # what is installed refers to itself only
(cd "$scratch/moved" && find . -type f -o -type l | sort)
if grep -rIl -e "$source" -e "$build" -e "$scratch" "$scratch/moved"; then
    echo "FAIL: these files name folders of the build"
    exit 1
fi
"$cmake" -S "$source/tests/build/embed" -B "$scratch/embed" -DCMAKE_C_COMPILER="$compiler" -DCMAKE_PREFIX_PATH="$scratch/moved" >/dev/null
"$cmake" --build "$scratch/embed" -j2 >/dev/null
for program in "$scratch"/embed/embed "$scratch"/embed/embed_shared; do
    [ ! -x "$program" ] || "$program" "$model"
done
"$scratch/embed/embed_zoo"

command -v pkg-config >/dev/null || { echo "pkg-config is not here: its file is not tried"; exit 0; }
package=$(find "$scratch/moved" -name weft.pc)
export PKG_CONFIG_PATH=${package%/*}
libraries=$(pkg-config --variable=libdir weft)
if [ -e "$libraries/libweft.so" ]; then
    # shellcheck disable=SC2046
    "$compiler" "$source/tests/build/embed/embed.c" $(pkg-config --cflags --libs weft) -o "$scratch/shared"
    LD_LIBRARY_PATH=$libraries "$scratch/shared" "$model"
    rm "$libraries"/libweft.so*
fi
# shellcheck disable=SC2046
"$compiler" "$source/tests/build/embed/embed.c" $(pkg-config --cflags --libs --static weft) -o "$scratch/static"
"$scratch/static" "$model"
