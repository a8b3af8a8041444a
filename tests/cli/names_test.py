"""Names of layers, models and files that mean something to HTML, JavaScript, CSV, Markdown or JSON stay text in all
that the command writes: pages have the tags and attributes that they have with plain names, the rest parses back to
the same names.
    names_test.py WEFT MAKE_MODEL"""
import csv
import html.parser
import io
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile

WEFT, MAKE_MODEL = sys.argv[1:3]
FAILURES = []
CHECKS = 0
# As make_model.c has them; what does not fit in one line of UTF-8 is replaced when the model is read.
NAMES = ["</script><img src=x onerror=alert(1)>",
         "' onmouseover='alert(2)' x=\" onmouseover=\"alert(3)\" y=`${alert(4)}`",
         "<!--<script>a|b, \"c\"; \\| [d](javascript:alert(5)) &lt;", "größe 層 🙂 \u2028 \\n\\u0000%s%n"]
MADE_LINE = re.compile(r"two.lines..+and .\[31m .")
FILE = "</script><img src=x onerror=alert(1)> 'q' \"onclick=alert(2)\" |, `${alert(3)}` [é](x) \\"
QUICK = ["--threads", "1", "--min-time", "0.02", "--warmup", "0.02", "--no-cold"]


def check(good, what):
    global CHECKS
    CHECKS += 1
    if not good:
        FAILURES.append(what)
        print("FAILED:", what)


def run(*words):
    done = subprocess.run([WEFT, *words], capture_output=True)
    check(done.returncode == 0, f"exit {done.returncode}: {words}\n{done.stderr.decode(errors='replace')}")
    return done.stdout.decode()


def read(path):
    with open(path, encoding="utf-8", newline="") as file:
        return file.read()


class Page(html.parser.HTMLParser):
    """Which tags there are with which attributes, the texts that are shown, the scripts."""

    def __init__(self, text):
        super().__init__()
        self.shapes, self.texts, self.scripts, self.in_script = set(), set(), [], False
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attributes):
        self.shapes.add((tag, *sorted(key for key, _ in attributes)))
        self.texts.update(value for key, value in attributes if key == "title")
        self.in_script = tag == "script"

    def handle_endtag(self, tag):
        self.shapes.add(("/" + tag,))
        self.in_script = False

    def handle_data(self, data):
        if self.in_script:
            self.scripts.append(data)
        else:
            self.texts.add(re.sub(r"^\d+\. ", "", data))

    def handle_comment(self, data):
        self.shapes.add(("comment",))


# Remarks on a run ("disturbed", "two kinds of runs") that one page may have and the other not.
REMARKS = {("small",), ("small", "class"), ("/small",), ("p", "class"), ("/p",)}


def check_page(odd, plain, names, what):
    plain.shapes |= REMARKS
    check(odd.shapes <= plain.shapes, f"{what}: the names made {sorted(odd.shapes - plain.shapes)}")
    for name in names:
        check(name in odd.texts, f"{what}: {name!r} is not shown as it is")


# A document that keeps what scripts give it as HTML.
NODE = """const html=[],made=()=>({setAttribute(){},appendChild(){},insertAdjacentHTML(p,h){html.push(h)},
set innerHTML(h){html.push(h)}});
globalThis.document={getElementById:made,createElement:made,createElementNS:made};
require('vm').runInThisContext(require('fs').readFileSync(0,'utf8'));console.log(JSON.stringify(html))"""


def made_by_script(page):
    done = subprocess.run(["node", "-e", NODE], input="\n".join(page.scripts).encode(), capture_output=True)
    check(done.returncode == 0, f"the report's script fails: {done.stderr.decode()[:400]}")
    return Page("\n".join(json.loads(done.stdout or "[]")))


def check_report():
    """The quantizer's page: data in a script, from which another script makes HTML."""
    odd, plain = Page(read("odd.html")), Page(read("plain.html"))
    check_page(odd, plain, [], "report")
    check(len(odd.scripts) == len(plain.scripts) == 2, f"report: {len(odd.scripts)} scripts")
    data = odd.scripts[0]
    check("</" not in data and "<!--" not in data, "report: its data can end the script or hide its end")
    check_names([{"name": json.loads(text)} for text in re.findall(r'\{n:("[^"]*")', data)], "report's data")
    escaped = re.search(r"const esc=s=>s\.replace\(/\[(.*?)\]/g", odd.scripts[1])
    check(escaped and set("&<>\"'") <= set(escaped[1]), "report: esc() lets something through")
    if shutil.which("node"):
        check_page(made_by_script(odd), made_by_script(plain), NAMES, "report's script")
    else:
        print("skipped: node is not here to run the report's script")


def check_names(layers, what):
    names = [layer["name"] for layer in layers]
    check(all(name in names for name in NAMES), f"{what}: {names}")
    check(any(MADE_LINE.fullmatch(name) for name in names),
          f"{what}: a name of several lines did not become one line: {names}")


def table_names(style, text):
    if style == "csv":
        return [row[0] for row in csv.reader(io.StringIO(text))][1:]
    rows = [re.findall(r"\|((?:[^|\\]|\\.)*)", line) for line in text.rstrip("\n").split("\n")]
    check(all(len(row) == len(rows[0]) for row in rows), f"{style}: the rows have {[len(row) for row in rows]} cells")
    check(not re.search(r"(?<!\\)(?:\\\\)*[<`\[]", text), f"{style}: HTML, code or a link begins in {text}")
    return [re.sub(r"\\(.)", r"\1", row[0].strip()) for row in rows[2:]]


def check_bench(odd):
    run("bench", odd, *QUICK, "--html", "bench.html", "--json", "bench.json", "--jsonl", "bench.jsonl")
    run("bench", "plain.weft", *QUICK, "--html", "bench-plain.html")
    check_page(Page(read("bench.html")), Page(read("bench-plain.html")), [odd], "bench --html")
    versus = ["--repeat", "9", "--threads", "1", "--tolerance", "1000", "--vs", "--threads 1", "--html"]
    run("bench", odd, *versus, "versus.html")
    run("bench", "plain.weft", *versus, "versus-plain.html")
    check_page(Page(read("versus.html")), Page(read("versus-plain.html")), [odd], "bench --vs --html")
    lines = read("bench.jsonl").rstrip("\n").split("\n")
    check([json.loads(line)["results"][0]["model"] for line in lines] == [odd], "bench --jsonl: the model's name")
    check(json.loads(read("bench.json"))["results"][0]["model"] == odd, "bench --json: the model's name")
    for style in ("csv", "markdown", "llama"):
        want = odd.split("/")[-1] if style == "llama" else odd
        names = table_names(style, run("bench", odd, *QUICK, "--no-load", "--style", style))
        check(names == [want], f"bench --style {style}: {names}")
    for style in ("csv", "markdown"):
        names = table_names(style, run("compare", "bench.json", "bench.json", "--tolerance", "1000", "--style", style))
        check(names[:1] == [odd], f"compare --style {style}: {names}")


def check_bytes():
    """A file's name need not be UTF-8; JSON must."""
    name = b"latin1-\xe9\xff.weft"
    shutil.copy("plain.weft", name)
    done = subprocess.run([WEFT.encode(), b"inspect", name, b"--json", b"bytes.json"], capture_output=True)
    check(done.returncode == 0, f"inspect of {name}: exit {done.returncode}")
    with open("bytes.json", "rb") as file:
        try:
            model = json.loads(file.read().decode("utf-8"))["results"][0]["model"]
            check(model == "latin1-\ufffd\ufffd.weft", f"inspect --json: {model!r}")
        except UnicodeDecodeError as error:
            check(False, f"inspect --json is not UTF-8: {error}")


def main():
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        subprocess.run([MAKE_MODEL, "."], check=True)
        odd = FILE + ".weft"
        os.makedirs(os.path.dirname(odd))
        quantize = ["--calib", "cifar.bin", "--prep", "unit", "--limit", "16", "--weight-levels", "15",
                    "--act-levels", "32"]
        run("quantize", "names.onnx", "-o", odd, *quantize, "--report", "odd.html", "--json", "odd.json")
        run("quantize", "small.onnx", "-o", "plain.weft", *quantize, "--report", "plain.html")
        check_report()
        result = json.loads(read("odd.json"))["results"][0]
        check_names(result["layers"] + result["edges"], "quantize --json")
        run("inspect", odd, "--json", "inspect.json")
        check_names(json.loads(read("inspect.json"))["results"][0]["layers"], "inspect --json")
        run("profile", odd, "--threads", "1", "--time", "0.1", "--html", "profile.html", "--json", "profile.json")
        run("profile", "plain.weft", "--threads", "1", "--time", "0.1", "--html", "profile-plain.html")
        check_page(Page(read("profile.html")), Page(read("profile-plain.html")), NAMES, "profile --html")
        check_names(json.loads(read("profile.json"))["results"][0]["layers"], "profile --json")
        check_bench(odd)
        check_bytes()
    print(f"{CHECKS} checks, {len(FAILURES)} failed")
    return 1 if FAILURES else 0


sys.exit(main())
