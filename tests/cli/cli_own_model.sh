# Sourced by cli_test.sh: the verbs that need a float model and images, on files that the makers beside it write.
if [ -z "$make_model" ]; then
    echo 'skipped: this build has no ONNX import'
    return
fi
npy 2 3 32 32 >small.npy

# ---- quantize ----
refuses 'how to prepare images for this network is not known' "$weft" quantize small.onnx -o s.weft --calib cifar.bin
refuses 'No such file' "$weft" quantize missing.onnx -o s.weft --calib cifar.bin --prep unit
refuses 'nothing.bin: No such file' "$weft" quantize small.onnx -o s.weft --calib nothing.bin --prep unit
refuses 'no .jpg, .jpeg or .png files' "$weft" quantize small.onnx -o s.weft --calib . --prep unit
refuses 'not a folder, a .npy file or a CIFAR .bin file' "$weft" quantize small.onnx -o s.weft --calib text.onnx \
    --prep unit
head -c 5000 cifar.bin >cut.bin
refuses 'not a whole number of 3073-byte' "$weft" quantize small.onnx -o s.weft --calib cut.bin --prep unit
refuses '--skip 64 leaves no inputs' "$weft" quantize small.onnx -o s.weft --calib cifar.bin --prep unit --skip 64
refuses 'cannot write here' "$weft" quantize small.onnx -o /nonexistent/s.weft --calib cifar.bin --prep unit
refuses '--weight-levels takes' "$weft" quantize small.onnx -o s.weft --calib cifar.bin --prep unit --weight-levels 1
echo '{"layers": {"nosuch": {"weight_levels": 8}}}' >layers.json
refuses nosuch "$weft" quantize small.onnx -o s.weft --calib cifar.bin --prep unit --layers layers.json
echo '{"layers": {"conv2": {"weight_levels": 1}}}' >layers.json
refuses weight_levels "$weft" quantize small.onnx -o s.weft --calib cifar.bin --prep unit --layers layers.json
echo '{"layers": ' >layers.json
refuses layers.json "$weft" quantize small.onnx -o s.weft --calib cifar.bin --prep unit --layers layers.json
holds test ! -e s.weft
printf '%s\n' zero one two three four five six seven eight nine >names.txt
holds "$weft" quantize small.onnx -o s.weft --calib cifar.bin --prep unit --labels names.txt --limit 32
holds "$weft" quantize small.onnx -o s2.weft --calib cifar.bin --prep unit --labels names.txt --limit 32 --threads 1
holds cmp s.weft s2.weft
holds test -z "$(find . -name '.weft-*.tmp')"
refuses '--weights and --acts take fitted or entropy' "$weft" quantize small.onnx -o s3.weft --calib cifar.bin \
    --prep unit --weights best
refuses '--headroom takes auto, off or all' "$weft" quantize small.onnx -o s3.weft --calib cifar.bin --prep unit \
    --headroom on
refuses '--max-size takes a size' "$weft" quantize small.onnx -o s3.weft --calib cifar.bin --prep unit --max-size big
refuses '--max-drop takes' "$weft" quantize small.onnx -o s3.weft --calib cifar.bin --prep unit --max-drop -1
for how in '--weights entropy --acts entropy' '--no-nearest --no-compensate' '--weight-levels 8 --act-levels 16' \
    '--no-lloyd --no-channel-scale' '--no-compensate' '--no-bias-correction' '--headroom all' '--max-size 100KB' \
    '--max-drop 5' '--limit 1' '--limit 7'; do
    # shellcheck disable=SC2086
    holds "$weft" quantize small.onnx -o how.weft --calib cifar.bin --prep unit --limit 32 $how
    # shellcheck disable=SC2086
    holds "$weft" quantize small.onnx -o how2.weft --calib cifar.bin --prep unit --limit 32 --threads 3 $how
    holds cmp how.weft how2.weft
done
# Every step is on by default, and does something.
fixed='small.onnx --calib cifar.bin --prep unit --limit 32 --weight-levels 8 --act-levels 16 --first-levels 8'
holds "$weft" quantize $fixed -o all.weft
for step in nearest lloyd channel-scale compensate bias-correction; do
    holds "$weft" quantize $fixed -o without.weft --no-$step
    ! cmp -s all.weft without.weft
    count $? "--no-$step changes nothing"
    says 0 'the same bits everywhere' "$weft" verify without.weft --threads 2
done
for where in - '' . /nonexistent/r.html; do
    refuses 'weft quantize: --report ' "$weft" quantize small.onnx -o how.weft --calib cifar.bin --report "$where"
done
holds "$weft" quantize small.onnx -o how.weft --calib cifar.bin --prep unit --limit 32 --json quantize.json \
    --report quantize.html
fields quantize.json results/0/average_bits results/0/agreement results/0/estimated_drop \
    results/0/layers/0/sqnr_weights_db results/0/layers/0/weighted_entropy results/0/edges/1/saturated
holds grep -q '<svg\|createElementNS' quantize.html
holds test "$(grep -c 'src=\|href=' quantize.html)" = 0
says 0 'written' "$weft" export s.weft -o s.onnx
holds test -s s.onnx
refuses 'takes one MODEL and -o OUT.onnx' "$weft" export s.weft
says 0 'quantized' "$weft" inspect s.weft
says 0 'float' "$weft" inspect small.onnx
says 0 'the same bits everywhere' "$weft" verify s.weft --threads 1,2,3
head -c 3000 s.weft >broken.weft
refuses broken.weft "$weft" inspect broken.weft

# ---- eval ----
says 0 '32 images' "$weft" eval s.weft --cifar cifar.bin --skip 32
holds "$weft" eval s.weft --cifar cifar.bin --limit 10 --against small.onnx --json eval.json
fields eval.json results/0/model results/0/top1 results/0/top5 results/0/agreement results/0/sqnr_db environment/cpu
is 10 eval.json results/0/n
says 0 '64 images' "$weft" eval small.onnx --float --cifar cifar.bin --prep unit
refuses 'a float model' "$weft" eval small.onnx --cifar cifar.bin --prep unit
refuses 'is quantized' "$weft" eval s.weft --float --cifar cifar.bin
refuses '--skip 64 leaves no images' "$weft" eval s.weft --cifar cifar.bin --skip 64
refuses 'CIFAR records are 3x32x32' "$weft" eval $zoo --cifar cifar.bin --prep unit
refuses 'different inputs or outputs' "$weft" eval s.weft --cifar cifar.bin --against $zoo
printf '\12' | cat - <(head -c 3072 /dev/zero) >eleven.bin
refuses "has class 10, but the network's classes are 0 to 9" "$weft" eval s.weft --cifar eleven.bin

# ---- run --float ----
says 0 '2 outputs of 10x1x1' "$weft" run small.onnx --float --input small.npy --output y.npy
refuses 'a float model' "$weft" run small.onnx --input small.npy --output y.npy

if [ -z "$make_images" ]; then
    echo 'skipped: this build reads no images'
    return
fi
# ---- images ----
mkdir images
"$make_images" images || exit 1
for image in colour.jpg grey.JPG cmyk.jpeg colour.png alpha.png grey16.png plain16.png one.png wide.png wide.jpg; do
    says 0 '%' "$weft" classify s.weft "images/$image"
done
says 0 ' two' "$weft" classify s.weft images/colour.jpg --top 10
holds "$weft" classify s.weft images/colour.jpg images/one.png --top 3 --json classify.json
is 3 classify.json results/1/top
fields classify.json results/0/image results/0/top/0/class results/0/top/0/label results/0/top/0/probability
says 0 '%' "$weft" classify small.onnx images/colour.jpg --prep unit
head -c 300 images/colour.jpg >cut.jpg
refuses 'cut.jpg' "$weft" classify s.weft cut.jpg
head -c 60 images/colour.png >cut.png
refuses 'cut.png' "$weft" classify s.weft cut.png
refuses 'text.npy: not a JPEG or PNG image' "$weft" classify s.weft text.npy
refuses 'missing.jpg: No such file' "$weft" classify s.weft missing.jpg
"$weft" classify s.weft missing.jpg images/one.png >out.txt 2>err.txt
[ $? -eq 2 ] && grep -q one.png out.txt && grep -q missing.jpg err.txt
count $? 'a bad image does not keep classify from the others'
cp images/one.png 'images/a b.png'
printf '# comment\ncolour.jpg 3 cat\na b.png 2 dog\r\nnot-here.png 1\n' >labels.txt
"$weft" eval s.weft --images images --labels labels.txt >out.txt 2>err.txt
[ $? -eq 0 ] && grep -q ' 2 images' out.txt && grep -q '9 images of the folder are not named there' err.txt
count $? 'eval takes the labelled images and tells how many are not'
echo 'colour.jpg cat' >bad.txt
refuses "line 1 is not 'file class-index" "$weft" eval s.weft --images images --labels bad.txt
refuses 'No such file' "$weft" eval s.weft --images images --labels missing.txt
refuses 'there are no labels' "$weft" eval s.weft --images images
cp cut.jpg images/cut.jpg
echo 'cut.jpg 1' >cut.txt
refuses cut.jpg "$weft" eval s.weft --images images --labels cut.txt
refuses cut.jpg "$weft" quantize small.onnx -o s3.weft --calib images --prep unit
holds test ! -e s3.weft
