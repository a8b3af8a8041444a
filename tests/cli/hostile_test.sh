#!/usr/bin/env bash
# Weights, inputs and images that a quantizer may stumble on: each gives one clear line and exit 2, or a right result.
#   hostile_test.sh WEFT JSON_GET MAKE_MODEL [MAKE_IMAGES SHOW_PIXEL]
here=$(cd "$(dirname "$0")" && pwd)
. "$here/common.bash"
show_pixel=${5:-}

quick_quantize() { # quick_quantize MODEL OUT OPTIONS...
    "$weft" quantize "$1" -o "$2" --calib cifar.bin --prep unit --limit 16 "${@:3}"
}

decibels() { # decibels AT-LEAST FILE PATH: null stands for no noise at all
    local got
    got=$("$json_get" "$2" "$3" 2>&1)
    [ "$got" = null ] || awk -v db="$got" -v least="$1" 'BEGIN { exit !(db + 0 >= least) }'
}

close_to_float() { # close_to_float DECIBELS MODEL OPTIONS...: the outputs on other inputs
    quick_quantize "$2" hostile.weft "${@:3}" >out.txt 2>err.txt &&
        "$weft" eval hostile.weft --cifar cifar.bin --skip 16 --against "$2" --json hostile.json >out.txt 2>err.txt &&
        decibels "$1" hostile.json results/0/sqnr_db
    count $? "${*:2}: within $1 dB of float: $("$json_get" hostile.json results/0/sqnr_db) dB"
    rm -f hostile.weft hostile.json
}

# ---- weights ----
for tensor in w1:conv1 w2:conv2 w3:logits; do
    refuses "layer '${tensor#*:}' (conv): weight" quick_quantize "${tensor%:*}_nan.onnx" bad.weft
    refuses 'is not a finite number' quick_quantize "${tensor%:*}_inf.onnx" bad.weft
done
refuses "layer 'conv2' (conv): bias 3 is not a finite number" quick_quantize b2_nan.onnx bad.weft
refuses "layer 'conv2': the squares of its inputs or weights are too large" quick_quantize w1_huge.onnx bad.weft
refuses "layer 'logits': the squares of its inputs or weights are too large" quick_quantize b2_huge.onnx bad.weft
holds test ! -e bad.weft
for what in w1_zero w2_zero w3_zero w1_equal w2_equal w3_equal w1_few w2_few w3_few w1_tiny w2_tiny w3_tiny w1_one \
    w2_one b1_equal b2_few b3_huge; do
    close_to_float 20 $what.onnx --max-drop 5
done
# Fixed levels: fewer distinct weights than levels, one, none.
for what in w2_zero w2_equal w2_few; do
    for levels in 3 15 32; do
        close_to_float 20 $what.onnx --weight-levels $levels --act-levels 128
    done
    holds quick_quantize $what.onnx entropy.weft --weights entropy --acts entropy
    says 0 'the same bits everywhere' "$weft" verify entropy.weft --threads 2
done
# Two magnitudes, one twice the other, and zero: whole numbers say that exactly.
holds quick_quantize w2_few.onnx few.weft --weight-levels 15 --act-levels 128 --json few.json
decibels 100 few.json results/0/layers/1/sqnr_weights_db
count $? "three weights in 15 levels: $("$json_get" few.json results/0/layers/1/sqnr_weights_db) dB"

# ---- inputs ----
mkdir empty_folder
refuses 'no .jpg, .jpeg or .png files in this folder' "$weft" quantize small.onnx -o bad.weft --calib empty_folder \
    --prep unit
npy 0 3 32 32 >none.npy
refuses 'the batch is empty' "$weft" quantize small.onnx -o bad.weft --calib none.npy
{ npy 1 3 32 32 | head -c 132; printf '\0\0\300\177'; head -c $((4 * 3072 - 8)) /dev/zero; } >nan.npy
refuses 'calibration input 0 has a value that is not finite at position 1' "$weft" quantize small.onnx -o bad.weft \
    --calib nan.npy
npy 4 3 32 32 >zeros.npy
holds "$weft" quantize small.onnx -o zeros.weft --calib zeros.npy
says 0 'the same bits everywhere' "$weft" verify zeros.weft --threads 2
: >nothing.bin
refuses 'not a whole number of 3073-byte' "$weft" quantize small.onnx -o bad.weft --calib nothing.bin --prep unit
holds test ! -e bad.weft

# ---- images ----
[ -n "$make_images" ] || finish
pixel() { # pixel IMAGE X Y 'WIDTH HEIGHT RED GREEN BLUE' TOLERANCE
    "$show_pixel" "odd/$1" "$2" "$3" >out.txt 2>err.txt
    awk -v want="$4" -v most="$5" '{ split(want, w); n = NF; for (i = 1; i <= 5; i++) bad += ($i - w[i])^2 > most^2 }
        END { exit n != 5 || bad }' out.txt
    count $? "$1 at $2,$3 is '$(cat out.txt)', not '$4'"
}
mkdir odd
"$make_images" odd || exit 1
pixel colour.jpg 10 7 '48 40 65 68 71' 8
pixel grey.JPG 10 7 '40 48 65 65 65' 8
pixel cmyk.jpeg 10 7 '48 40 19 20 21' 8
pixel colour.png 10 7 '48 40 125 128 131' 0
pixel plain16.png 10 7 '48 40 65 65 65' 0
pixel one.png 0 0 '1 1 0 3 6' 0
pixel wide.png 19999 2 '20000 3 33 36 39' 0
for image in odd/*; do # each alone, then all together
    rm -rf alone
    mkdir alone
    cp "$image" alone
    holds "$weft" quantize small.onnx -o alone.weft --calib alone --prep unit --weight-levels 16 --act-levels 32
done
holds "$weft" quantize small.onnx -o odd.weft --calib odd --prep torch --max-drop 5 --threads 1
holds "$weft" quantize small.onnx -o odd2.weft --calib odd --prep torch --max-drop 5 --threads 2
holds cmp odd.weft odd2.weft
mkdir broken
bad_image() { # bad_image NAME: the folder's only image is refused by its name
    refuses "$1" "$weft" quantize small.onnx -o bad.weft --calib broken --prep unit
    rm -rf broken/*
}
head -c $(($(wc -c <odd/colour.jpg) - 100)) odd/colour.jpg >broken/half.jpg
bad_image 'half.jpg: the file is cut short'
head -c $(($(wc -c <odd/colour.png) - 100)) odd/colour.png >broken/half.png
bad_image half.png
echo text >broken/text.jpg
bad_image 'text.jpg: not a JPEG or PNG image'
: >broken/empty.png
bad_image 'empty.png: not a JPEG or PNG image'
mkdir broken/folder.png
bad_image folder.png
ln -s nowhere broken/link.png
bad_image 'link.png: No such file'
holds test ! -e bad.weft
finish
