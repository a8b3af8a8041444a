"""The page of bench/peers says what its samples say: a small record with figures that can be checked by hand."""
import json
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "bench", "peers"))
sys.dont_write_bytecode = True
import report  # noqa: E402


def check(name, got, wanted):
    if got != wanted:
        print(f"FAILED: {name}\n  got    {got!r}\n  wanted {wanted!r}")
        sys.exit(1)


def main():
    with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "sample.json")) as file:
        record = json.load(file)
    # small: weft 1000 and 1200 us in its rounds, "a int8" 3 times that, "b int8" 8 and 12 times: disturbed.
    check("ratios", report.ratios(record, 1), {"small": {"a float": 4.0, "a int8": 3.0, "b int8": 10.0},
                                               "big": {"a int8": 0.75}})
    check("rows", report.table(record, 1), [
        "| network | weft, ms | a float | a int8 | b int8 | best int8 |",
        "|---|---:|---:|---:|---:|---|",
        "| small | 1.20 | 4.00 | 3.00 | ~10.00 | **3.00** a |",
        "| big | 10.00 | - | 0.75 | - | **0.75** a |",
        "| geometric mean | | 4.00 | 1.50 | - | **1.50** |"])
    check("wins", report.wins(record, 1), (1, 2))
    check("evidence", report.evidence(record), ["| network | a int8 | b int8 |", "|---|---|---|",
                                                "| small | 3 + 0 | no evidence |", "| big | 3 + 0 | - |"])
    check("skipped by reason", report.skipped(dict(record, skipped={"c x, small": "r", "c x, big": "r", "d, big": "s", "e": "t"})),
          ["- skipped: c x: r", "- skipped: d: s (big)", "- skipped: e: t"])
    check("README's table", report.short_table(record)[2], "| 1 thread | 1.50 | - | 1.50 |")
    text = report.page(record)
    check("skipped line", "- skipped: c: cannot install c: no network" in text, True)
    check("remark", "- small: of 10 float activations 3 subnormal" in text, True)
    check("nothing measured", report.table(dict(record, networks={}), 1)[2:], ["| geometric mean | | - |"])
    print("10 passed, 0 failed")


if __name__ == "__main__":
    main()
