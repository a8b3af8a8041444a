"""Every form of weft bench's results, read back by other means: JSON and its lines against the schema
(python3-jsonschema, where it is), CSV and Markdown against the JSON of the same run, other tools' lines against those
tools' own rules, which are held against lines that the tools printed. bench_formats.py WEFT SCHEMA [MAKE_MODEL ...]"""
import csv
import io
import json
import math
import os
import re
import subprocess
import sys
import tempfile

WEFT, SCHEMA = sys.argv[1:3]
MAKE_MODEL = sys.argv[3] if len(sys.argv) > 3 else None
FAILURES = []
CHECKS = 0


def check(good, what):
    global CHECKS
    CHECKS += 1
    if not good:
        FAILURES.append(what)
        print("FAILED:", what)


def run(*words, code=0):
    done = subprocess.run([WEFT, *words], capture_output=True, text=True)
    check(done.returncode == code, f"exit {done.returncode}, not {code}: {words}\n{done.stderr}")
    return done.stdout


def load(path):
    with open(path) as file:
        return json.load(file)


# ---- other tools' rules, written again from their sources, and lines that they printed ----

def ncnn(name, low, high, mean):
    return "%20s  min = %7.2f  max = %7.2f  avg = %7.2f" % (name, low, high, mean)


NCNN_LINES = """\
          squeezenet  min =    4.21  max =    4.36  avg =    4.27
     squeezenet_int8  min =   75.74  max =   76.21  avg =   75.94
   efficientnetv2_b0  min =  433.96  max =  459.25  avg =  437.52"""


def tflite(us):
    """Stat and StatWithPercentiles of int64_t (tsl/util/stats_calculator.h); a stream prints six digits."""
    ordered = sorted(us)
    count, total = len(us), sum(us)
    if ordered[0] == ordered[-1]:
        line = f"count={count} curr={us[-1]}" + ("(all same)" if count > 1 else "")
    else:
        mean = total / count
        variance = int(float(sum(u * u for u in us)) / count - mean * mean)
        line = f"count={count} first={us[0]} curr={us[-1]} min={ordered[0]} max={ordered[-1]}"
        line += f" avg={mean:g} std={int(math.sqrt(variance))}"
    return "INFO: " + line + "".join(f" {name}={ordered[count * percent // 100]}"
                                     for name, percent in (("p5", 5), ("median", 50), ("p95", 95)))


TFLITE_ONE = "INFO: count=1 curr=670083 p5=670083 median=670083 p95=670083"
TFLITE_LINES = """\
INFO: count=5 first=106436 curr=105929 min=105929 max=106436 avg=106065 std=193 p5=105929 median=105948 p95=106436
INFO: count=50 first=106022 curr=105780 min=105416 max=106528 avg=105784 std=260 p5=105485 median=105718 p95=106281
INFO: count=50 first=1249964 curr=1240143 min=1238588 max=1252566 avg=1.24027e+06 std=2565 p5=1238753 median=1239807 p95=1247415"""
TFLITE_SUMMARY = ("INFO: Inference timings in us: Init: 87639, First inference: 106436, Warmup (avg): 106065, "
                  "Inference (avg): 105784")


def llama(name, size, parameters, threads, test, mean, deviation):
    gib, millions = size / 2**30, parameters / 1e6
    size = "%.2f MiB" % (size / 2**20) if gib < 1 else "%.2f GiB" % gib
    parameters = "%.2f M" % millions if millions < 1000 else "%.2f B" % (millions / 1000)
    rate = "%.2f ± %.2f" % (mean, deviation)
    return f"| {name:<30} | {size:>10} | {parameters:>10} | {'CPU':<10} | {threads:>7} | {test:>15} | {rate:>20} |"


LLAMA_LINES = """\
| model                          |       size |     params | backend    | threads |            test |                  t/s |
| ------------------------------ | ---------: | ---------: | ---------- | ------: | --------------: | -------------------: |
| llama 1B Q4_K - Medium         | 636.18 MiB |     1.10 B | CPU        |       8 |           pp512 |        194.49 ± 0.74 |
| llama 3B Q4_K - Medium         |   1.87 GiB |     3.21 B | CPU        |       2 |    pp4096+tg128 |         22.55 ± 0.01 |"""


def shape(line):
    """The line with every number as a 0: what a script that reads such lines relies on."""
    return re.sub(r"[0-9.]+(e\+[0-9]+)?", "0", line)


def check_rules():
    for line in NCNN_LINES.split("\n"):
        name, low, high, mean = re.fullmatch(r" *(\S+)  min = +(\S+)  max = +(\S+)  avg = +(\S+)", line).groups()
        check(ncnn(name, float(low), float(high), float(mean)) == line, f"ncnn's rule gives another line than {line}")
    check(tflite([670083]) == TFLITE_ONE, f"tflite's rule gives {tflite([670083])}")
    us = [106436, 106081, 105931, 105948, 105929]  # found so that they have what is printed
    check(tflite(us) == TFLITE_LINES.split("\n")[0], f"tflite's rule gives {tflite(us)}")
    lines = LLAMA_LINES.split("\n")
    check(llama("llama 1B Q4_K - Medium", 636.18 * 2**20, 1.1e9, 8, "pp512", 194.49, 0.74) == lines[2],
          "llama's rule, MiB")
    check(llama("llama 3B Q4_K - Medium", 1.87 * 2**30, 3.21e9, 2, "pp4096+tg128", 22.55, 0.01) == lines[3],
          "llama's rule, GiB")


def check_styles(models, bare):
    quick = ["--min-time", "0.02", "--warmup", "0.05", "--no-cold", "--threads", "1"]
    for repeat in ([], ["--repeat", "1"]):
        out = run("bench", *models, *quick, *repeat, "--style", "ncnn", "--json", "ncnn.json").split("\n")
        for line, result, name in zip(out, load("ncnn.json")["results"], bare):
            s = result["samples_ms"]
            check(line == ncnn(name, min(s), max(s), sum(s) / len(s)), f"ncnn: {line}")
        out = run("bench", *models, *quick, *repeat, "--style", "tflite", "--json", "tflite.json").split("\n")
        results = load("tflite.json")["results"]
        check(len(out) == 3 * len(results) + 1, f"tflite: {len(out)} lines")
        for i, result in enumerate(results):
            us = [int(1e3 * s) for s in result["samples_ms"]]
            check(out[3 * i] == tflite(us), f"tflite: {out[3 * i]}, not {tflite(us)}")
            check(out[3 * i + 1] == "", "tflite: an empty line follows")
            init, first = result["load_ms"], result["first_inference_ms"] - result["load_ms"]
            warm = 1e3 * result["warmup_ms"] / result["warmup_runs"]
            line = (f"INFO: Inference timings in us: Init: {int(1e3 * init)}, First inference: {int(1e3 * first)}, "
                    f"Warmup (avg): {warm:g}, Inference (avg): {sum(us) / len(us):g}")
            check(out[3 * i + 2] == line, f"tflite: {out[3 * i + 2]}, not {line}")
            check(shape(line) == shape(TFLITE_SUMMARY), "tflite: the summary's form")
            if len(us) > 1 and min(us) != max(us):
                check(shape(out[3 * i]) == shape(TFLITE_LINES.split("\n")[1]), "tflite: the line's form")
        out = run("bench", *models, *quick, *repeat, "--style", "llama", "--json", "llama.json").split("\n")
        check(out[:2] == LLAMA_LINES.split("\n")[:2], f"llama: {out[:2]}")
        for line, r, name in zip(out[2:], load("llama.json")["results"], bare):
            rates = [1e3 / s for s in r["samples_ms"]]
            mean = sum(rates) / len(rates)
            deviation = math.sqrt(sum((x - mean) ** 2 for x in rates) / (len(rates) - 1)) if len(rates) > 1 else 0
            expected = llama(name, r["model_bytes"], r["parameters"], r["threads"], "b1", mean, deviation)
            check(line == expected, f"llama: {line}")


# ---- tables ----

COLUMNS = {"cold_ms": "cold_median_ms", "weight_bytes": "model_bytes", "checked": None}


def check_row(cells, result, what):
    for column, cell in cells.items():
        key = COLUMNS.get(column, column)
        value = result.get(key) if key else result["digest_checked"]
        if isinstance(value, str):
            check(cell == value, f"{what} {column}: {cell!r}, not {value!r}")
        elif value is None:
            check(cell == "", f"{what} {column}: {cell!r} where nothing is known")
        else:
            check(cell != "" and math.isclose(float(cell), value, rel_tol=1e-9),
                  f"{what} {column}: {cell!r}, not {value}")


def markdown_rows(text):
    """Rows of cells; a backslash takes away what the next character means."""
    rows = []
    for line in text.rstrip("\n").split("\n"):
        cells = re.findall(r"\|((?:[^|\\]|\\.)*)", line)
        check(cells[-1] == "", "a row ends with a bar")
        rows.append([re.sub(r"\\(.)", r"\1", cell.strip()) for cell in cells[:-1]])
    check(all(re.fullmatch("-+:?", cell) for cell in rows[1]), "the second row is a rule")
    return rows[:1] + rows[2:]


def read_table(style, text):
    rows = markdown_rows(text) if style == "markdown" else list(csv.reader(io.StringIO(text)))
    check(all(len(row) == len(rows[0]) for row in rows), f"{style}: all rows have as many cells")
    return [dict(zip(rows[0], row)) for row in rows[1:]]


def check_tables(models):
    for style in ("csv", "markdown"):
        for more in (["--batch", "2"], ["--no-load", "--no-cold", "--isa", "scalar"]):
            text = run("bench", *models, "--repeat", "12", "--warmup", "0.05", "--threads", "1", *more,
                       "--style", style, "--json", "table.json")
            rows, results = read_table(style, text), load("table.json")["results"]
            check(len(rows) == len(results) == len(models), f"{style}: {len(rows)} rows of {len(models)} networks")
            for row, result in zip(rows, results):
                check_row(row, result, style)
        text = run("compare", "table.json", "table.json", "--style", style, "--json", "compare.json")
        rows, compared = read_table(style, text), load("compare.json")
        for row, result in zip(rows, compared["results"] + [compared["summary"]]):
            for column in ("ratio", "ratio_low", "ratio_high"):
                check(math.isclose(float(row[column]), result[column], rel_tol=1e-5), f"{style}: {row} is not {result}")
            check(row["verdict"] == result["verdict"], f"{style}: {row['verdict']}, not {result['verdict']}")
            check(result["verdict"] in ("no difference", "too noisy to tell"),
                  f"{result['verdict']} of a result and itself")
        check([row["model"] for row in rows] == models + ["geometric mean"], f"{style}: models of the comparison")


# ---- JSON ----

def strict(schema):
    """The schema with nothing allowed that it does not name: so that what is written is also described."""
    if isinstance(schema, dict):
        schema = {key: strict(value) for key, value in schema.items()}
        if schema.get("type") == "object":
            schema["additionalProperties"] = False
    elif isinstance(schema, list):
        schema = [strict(item) for item in schema]
    return schema


def check_schema(models):
    try:
        import jsonschema
    except ImportError:
        print("skipped: python3-jsonschema is not here")
        return
    schema = load(SCHEMA)
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(strict(schema))

    def validate(document, what):
        kind = document.get("kind")
        part = {"$defs": validator.schema["$defs"], "$ref": f"#/$defs/{kind}"}  # oneOf would not say which field
        found = jsonschema.Draft202012Validator(part).iter_errors(document)
        errors = [e.json_path + ": " + e.message[:200] for e in found]
        check(not errors and validator.is_valid(document), f"{what} is not as the schema has it: {errors}")

    quick = ["--min-time", "0.02", "--warmup", "0.05", "--threads", "1"]
    run("bench", *models, *quick, "--batch", "2", "--json", "all.json", "--jsonl", "all.jsonl")
    run("bench", *models, *quick, "--no-cold", "--no-load", "--isa", "scalar", "--json", "few.json")
    run("bench", models[0], "--repeat", "9", "--threads", "1", "--tolerance", "1000", "--vs", "--threads 1",
        "--json", "vs.json",
        "--jsonl", "vs.jsonl")
    run("bench", models[0], "--repeat", "2", "--threads", "1", "--tolerance", "1000", "--vs-binary", WEFT,
        "--json", "binary.json")
    run("compare", "all.json", "all.jsonl", "--tolerance", "1000", "--json", "compare.json")
    stopped = subprocess.run(["timeout", "--foreground", "--preserve-status", "-s", "INT", "1", WEFT, "bench",
                              models[0], "--threads", "1", "--warmup", "0", "--no-cold", "--no-load",
                              "--min-time", "60", "--json", "stopped.json"],
                             capture_output=True)
    check(stopped.returncode == 1 and load("stopped.json")["summary"]["incomplete"],
          "Ctrl-C leaves an incomplete document")
    for name in ("all", "few", "vs", "binary", "compare", "stopped"):
        validate(load(name + ".json"), name)
    for name in ("all.jsonl", "vs.jsonl"):
        with open(name) as file:
            lines = file.read().splitlines()
        check(len(lines) == (len(models) if name == "all.jsonl" else 1), f"{name}: {len(lines)} lines")
        for line in lines:
            validate(json.loads(line), name)
    # the check can fail: what the schema does not name, lacks or has in another form
    for damage in (lambda d: d.update(format=2), lambda d: d.update(kind="zoo"), lambda d: d.pop("environment"),
                   lambda d: d["results"][0].pop("samples_ms"), lambda d: d["results"][0].update(threads="1"),
                   lambda d: d["results"][0].update(surprise=1), lambda d: d["results"][0].update(digest="xyz"),
                   lambda d: d["results"][0].update(samples_ms=[])):
        document = load("all.json")
        damage(document)
        check(not validator.is_valid(document), "a damaged document passes")


def main():
    with tempfile.TemporaryDirectory() as folder:
        models = ["zoo:resnet20", "zoo:resnet32"]
        os.chdir(folder)
        if MAKE_MODEL:
            models[1] = 'odd | "name", \\ with.weft'
            subprocess.run([MAKE_MODEL, "."], check=True)
            run("quantize", "small.onnx", "-o", models[1], "--calib", "cifar.bin", "--prep", "unit")
        check_rules()
        check_tables(models)
        check_styles(["zoo:resnet20", "zoo:resnet32"], ["resnet20", "resnet32"])
        check_schema(models)
    print(f"{CHECKS} checks, {len(FAILURES)} failed")
    return 1 if FAILURES else 0


sys.exit(main())
