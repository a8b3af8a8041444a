#!/usr/bin/env python3
"""weft profile: the table adds up, the JSON says the same, bad use is refused.   profile_test.py WEFT SCHEMA"""
import html.parser
import json
import os
import re
import subprocess
import sys
import tempfile

weft, model = sys.argv[1], "zoo:squeezenet1.1"
os.environ["OMP_WAIT_POLICY"] = "passive"
os.environ.pop("WEFT_ISA", None)
failed = 0


def check(good, what):
    global failed
    if not good:
        failed += 1
        print("FAILED:", what)


def run(*words):
    done = subprocess.run([weft, "profile", *words], capture_output=True, text=True)
    return done.returncode, done.stdout, done.stderr


def refused(text, *words):
    code, out, err = run(*words)
    check(code == 2 and not out and err.count("\n") == 1 and text in err,
          f"{words}: exit {code}, {err!r}, not '{text}'")


def table(text):
    """(number or name, ms, percent) of each line of the table."""
    rows = []
    for line in text.splitlines():
        layer = re.match(r" *(\d+) (\S+) +(\S+) +\d+x\d+x\d+ +([\d.]+) +([\d.]+) ", line)
        other = re.match(r" +(\(.*\)) +(-?[\d.]+) +(-?[\d.]+)$", line)
        if layer:
            rows.append((int(layer[1]), float(layer[4]), float(layer[5])))
        elif other:
            rows.append((other[1], float(other[2]), float(other[3])))
    return rows


def sums(text, document):
    rows, result = table(text), document["results"][0]
    layers = [r for r in rows if isinstance(r[0], int)]
    check(len(rows) == len(layers) + 3 and len(layers) == len(result["layers"]), "a line for each layer and three more")
    whole = sum(r[1] for r in rows)
    check(abs(whole - result["median_ms"]) < 1e-3 + 1e-4 * len(rows),
          f"lines add up to {whole}, not {result['median_ms']}")
    check(abs(sum(r[2] for r in rows) - 100) < 0.01 * len(rows), "shares add up to 100")
    total = result["input_ms"] + result["output_ms"] + sum(l["median_ms"] for l in result["layers"])
    check(abs(total - result["sum_ms"]) < 1e-6, f"sum_ms is {result['sum_ms']}, not {total}")
    check(abs(result["sum_percent"] - 100 * result["sum_ms"] / result["median_ms"]) < 1e-6, "sum_percent")
    check(f"sum of layers {result['sum_percent']:.1f} % of end to end" in text, "the sum is said")
    for number, ms, _ in layers:
        check(abs(result["layers"][number - 1]["median_ms"] - ms) < 1e-4, f"layer {number}")
    check(abs(sum(l["macs"] for l in result["layers"]) / 1e9 - result["gmac"]) < 1e-9, "multiply-adds add up")
    for l in result["layers"]:
        # Nothing is left to do where a concatenation's inputs were put in their places.
        check(l["median_ms"] > 0 or not l["macs"], f"{l['name']} takes {l['median_ms']} ms")
        check(l["output_bytes"] > 0 and l["algorithm"], l["name"])
        check(l["bound"] in ["compute"] + [b["name"] for b in result["bandwidths"]], l["bound"])
        check(not l["macs"] or l["kernel"].startswith("weft_"), f"{l['name']}: {l['kernel']!r}")


class Page(html.parser.HTMLParser):
    """Every element that must be closed is, in order; nothing is fetched from elsewhere."""
    EMPTY = {"meta", "br", "rect", "circle", "line"}

    def __init__(self, text):
        super().__init__()
        self.open, self.seen, self.good = [], {}, True
        self.feed(text)
        self.close()
        self.good = self.good and not self.open and text.count("<svg") == self.seen.get("svg", 0)
        self.good = self.good and "http" not in text and "@import" not in text and "url(" not in text

    def handle_starttag(self, tag, attributes):
        self.seen[tag] = self.seen.get(tag, 0) + 1
        self.good = self.good and not {"src", "href", "onload"} & {a[0] for a in attributes} and tag != "script"
        if tag not in self.EMPTY:
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        self.handle_starttag(tag, attributes)
        if tag not in self.EMPTY:
            self.open.pop()

    def handle_endtag(self, tag):
        if tag not in self.EMPTY:
            self.good = self.good and self.open and self.open.pop() == tag


def page(path, **least):
    with open(path, encoding="utf-8") as file:
        parsed = Page(file.read())
    os.remove(path)
    check(parsed.good, f"{path} is well-formed and needs no network; open at the end: {parsed.open}")
    for tag, count in least.items():
        check(parsed.seen.get(tag, 0) >= count,
              f"{path}: {parsed.seen.get(tag, 0)} of {tag}, at least {count} expected")


def bench(*words):
    done = subprocess.run([weft, "bench", *words], capture_output=True, text=True)
    check(done.returncode == 0, f"bench {words}: exit {done.returncode}, {done.stderr!r}")


with tempfile.TemporaryDirectory() as work:
    path = os.path.join(work, "p.json")
    code, text, err = run(model, "--time", "0", "--threads", "1", "--json", path, "--html", path + ".html")
    page(path + ".html", svg=1, circle=20, tr=40)
    check(code == 0 and not err, f"exit {code}, {err!r}")
    with open(path) as file:
        document = json.load(file)
    try:
        import jsonschema
        with open(sys.argv[2]) as file:
            jsonschema.validate(document, json.load(file))
    except ImportError:
        print("skipped: no jsonschema (Debian: python3-jsonschema)")
    check(document["kind"] == "profile" and document["format"] == 1, "kind and format")
    sums(text, document)
    code, text, err = run(model, "--time", "0", "--threads", "1", "--sort", "time")
    times = [r[1] for r in table(text) if isinstance(r[0], int)]
    check(code == 0 and len(times) > 20 and times == sorted(times, reverse=True), "the slowest first")
    code, text, err = run(model, "--time", "0", "--json", "-")
    check(code == 0 and json.loads(text)["results"][0]["model"] == model, "JSON alone on standard output")
    refused("takes one MODEL")
    refused("takes one MODEL", model, model)
    refused("--sort takes time or order, not 'name'", model, "--sort", "name")
    refused("--threads takes a whole number", model, "--threads", "0")
    refused("cannot write here", model, "--json", "/nonexistent/p.json")
    refused("no such network", "zoo:nosuch", "--json", os.path.join(work, "none.json"))
    refused("no ISA called 'sse9'", model, "--isa", "sse9")
    refused("cannot write here", model, "--html", "/nonexistent/p.html")
    refused("name the file to write", model, "--html", "-")
    refused("name the file to write", model, "--html", "")
    bench(model, "--repeat", "5", "--warmup", "0", "--no-cold", "--no-load", "--html", path + ".html")
    page(path + ".html", svg=2, rect=5, tr=10)
    bench(model, "--repeat", "3", "--threads", "1", "--tolerance", "900", "--vs", "--threads 2",
          "--html", path + ".html")
    page(path + ".html", svg=2, rect=3)
    check(os.listdir(work) == ["p.json"], "nothing else is written")
print("fine" if not failed else f"{failed} failed")
sys.exit(failed > 0)
