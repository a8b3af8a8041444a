#!/usr/bin/env python3
"""The page of a comparison, from its JSON: report.py docs/peers.json > docs/peers.md. Standard library only."""
import json
import math
import re
import statistics
import sys

WEFT = "weft"
DISTURBED = 1.25


def median(samples):
    return statistics.median(us for one in samples for us in one)


def is_int8(name):
    return " int8" in name


def round_ratios(samples, reference):
    return [statistics.median(a) / statistics.median(b) for a, b in zip(samples, reference)]


def ratio(samples, reference):
    """How many times as long as the reference: the median of the rounds' ratios of medians."""
    return statistics.median(round_ratios(samples, reference))


def disturbed(contender, reference):
    """Rounds whose ratios the middle half of which spans more than a quarter: something else ran on the machine. What slows
    both sides of a round alike is no matter."""
    values = round_ratios(contender["rounds"], reference["rounds"])
    low, _, high = statistics.quantiles(values, n=4) if len(values) > 1 else (values[0],) * 3
    return high > DISTURBED * low


def steady(record, threads):
    """The ratios that were not disturbed; only these count in means and verdicts."""
    return {net: {name: value for name, value in row.items()
                  if not disturbed(record["networks"][net][str(threads)][name],
                                   record["networks"][net][str(threads)][WEFT])}
            for net, row in ratios(record, threads).items()}


def ratios(record, threads):
    """{network: {contender: its time divided by weft's}} in the order of measurement."""
    result = {}
    for net, by_threads in record["networks"].items():
        row = by_threads.get(str(threads), {})
        if WEFT in row:
            result[net] = {name: ratio(c["rounds"], row[WEFT]["rounds"]) for name, c in row.items() if name != WEFT}
    return result


def best_int8(row, kept):
    """(contender, ratio, whether it counts) of the fastest int8 contender of a network, or None. If that figure was disturbed,
    the best of the others is not the best."""
    found = [(value, name) for name, value in row.items() if is_int8(name)]
    return (min(found)[1], min(found)[0], min(found)[1] in kept) if found else None


def counted_bests(record, threads):
    """The best int8 ratios that count."""
    kept = steady(record, threads)
    found = [best_int8(row, kept[net]) for net, row in ratios(record, threads).items()]
    return [best[1] for best in found if best and best[2]]


def geometric_mean(values):
    return math.exp(statistics.fmean(math.log(v) for v in values)) if values else None


def contenders(record):
    """Names of all contenders, float ones first, as they appear."""
    seen = dict.fromkeys(name for by in record["networks"].values() for row in by.values() for name in row)
    names = [name for name in seen if name != WEFT]
    return sorted(names, key=is_int8)


def table(record, threads):
    """Lines of Markdown: a network a row, a contender a column."""
    rows, kept, names = ratios(record, threads), steady(record, threads), contenders(record)
    lines = ["| network | weft, ms | " + " | ".join(names) + " | best int8 |",
             "|---|" + "---:|" * (len(names) + 1) + "---|"]
    for net, row in rows.items():
        best = best_int8(row, kept[net])
        ms = median(record["networks"][net][str(threads)][WEFT]["rounds"]) / 1000
        cells = [("" if name in kept[net] else "~") + f"{row[name]:.2f}" if name in row else "-" for name in names]
        last = f"{'' if best[2] else '~'}**{best[1]:.2f}** {best[0].replace(' int8', '')}" if best else "-"
        lines.append(f"| {net} | {ms:.2f} | " + " | ".join(cells) + f" | {last} |")
    means = [geometric_mean([row[name] for row in kept.values() if name in row]) for name in names]
    every = geometric_mean(counted_bests(record, threads))
    cells = [f"{m:.2f}" if m else "-" for m in means] + [f"**{every:.2f}**" if every else "-"]
    lines.append("| geometric mean | | " + " | ".join(cells) + " |")
    return lines


def short_table(record):
    """Lines of Markdown for the README: geometric means alone."""
    names = [name for name in contenders(record) if is_int8(name)]
    lines = ["| geometric mean over the zoo | " + " | ".join(names) + " | best of them each time |",
             "|---|" + "---:|" * (len(names) + 1)]
    for threads in record["threads"]:
        rows = steady(record, threads)
        means = [geometric_mean([row[name] for row in rows.values() if name in row]) for name in names]
        every = geometric_mean(counted_bests(record, threads))
        cells = [f"{m:.2f}" if m else "-" for m in means + [every]]
        lines.append(f"| {threads} thread{'s' * (threads > 1)} | " + " | ".join(cells) + " |")
    return lines


def wins(record, threads):
    """(networks where weft is ahead of every int8 contender, networks whose best one counts)."""
    best = counted_bests(record, threads)
    return sum(value > 1 for value in best), len(best)


def kinds(notes):
    """"54 + 0" of the notes "54 integer and 0 float products, ..."; what is not of that form stays as it is."""
    counted = [re.match(r"(\d+) integer and (\d+) float products", note) for note in notes]
    return ", ".join(dict.fromkeys(f"{c[1]} + {c[2]}" if c else note or "no evidence" for c, note in zip(counted, notes)))


def evidence(record):
    """Lines of Markdown: what ran in int8 and what in float, a network a row."""
    names = [n for n in contenders(record) if is_int8(n)]
    lines = ["| network | " + " | ".join(names) + " |", "|---|" + "---|" * len(names)]
    for net, by_threads in record["networks"].items():
        cells = [kinds([row[name]["note"] for row in by_threads.values() if name in row]) or "-" for name in names]
        lines.append(f"| {net} | " + " | ".join(cells) + " |")
    return lines


def skipped(record):
    """A line for each contender and reason: the networks together."""
    reasons = {}
    for what, why in record["skipped"].items():
        label, _, net = what.partition(", ")
        reasons.setdefault((label, why), []).append(net)
    lines = []
    for (label, why), nets in reasons.items():
        nets = [net for net in nets if net]
        where = f" ({', '.join(nets)})" if nets and set(nets) != set(record["networks"]) else ""
        lines.append(f"- skipped: {label}: {why}{where}")
    return lines


def page(record):
    machine, settings = record["environment"], record["settings"]
    lines = [
        "# weft beside other engines", "",
        "Each figure is an engine's time divided by weft's on the same network, measured in turns in one run: **above 1,",
        "weft is faster**. Networks are the [zoo's](zoo.md), batch 1: real shapes, synthetic weights. What each engine is",
        "given, and what the figures cannot tell, is in [benchmarking](benchmarking.md#beside-other-engines).", "",
        f"- measured {', '.join(record['dates'])}; raw samples in [peers.json](peers.json)",
        f"- processor: {machine.get('cpu', 'unknown')}, {machine.get('cores_usable', '?')} cores; "
        f"weft uses {(machine.get('isa') or '?').split()[-1]}; compiler {machine.get('compiler', '?')}",
        "- versions: " + ", ".join(f"{k} {v}" for k, v in record["versions"].items()) +
        f" (revision {machine.get('revision', '?')})",
        "- **~** marks a figure of whose rounds the middle half differs by more than a quarter: other work ran on the machine.",
        "  Such figures are shown and count nowhere: not in the means, not as the best",
        f"- {settings['rounds']} rounds; a turn is {settings['seconds']} s or {settings['most']} inferences, at least 2,"
        " after one that is not counted",
        "- again: `python3 bench/peers/run.py --json docs/peers.json --markdown docs/peers.md`", ""]
    for threads in record["threads"]:
        ahead, of = wins(record, threads)
        verdict = (f"weft is ahead of the best int8 engine on {ahead} of the {of} networks with an undisturbed figure."
                   if of else "No figure is undisturbed: no verdict.")
        lines += [f"## {threads} thread{'s' * (threads > 1)}", ""] + table(record, threads) + ["", verdict, ""]
    lines += ["## Did int8 kernels run?", "",
              "Products (convolutions, dense layers) by the kind of kernel that the engine itself names: in integers + in floats.", ""]
    lines += evidence(record) + [""]
    if record["remarks"]:
        lines += ["## Remarks", ""] + [f"- {net}: {text}" for net, text in record["remarks"].items()] + [""]
    if record["skipped"]:
        lines += ["## Skipped", ""] + skipped(record) + [""]
    return "\n".join(lines)


def main():
    if len(sys.argv) not in (2, 3) or sys.argv[1].startswith("-") or sys.argv[2:] not in ([], ["--short"]):
        sys.exit("usage: report.py FILE.json [--short]")
    with open(sys.argv[1]) as file:
        record = json.load(file)
    print("\n".join(short_table(record)) if sys.argv[2:] else page(record), end="")


if __name__ == "__main__":
    main()
