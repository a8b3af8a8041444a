#!/usr/bin/env python3
"""weft beside the engines that people use today, on the same networks, in turns in one run.

    python3 bench/peers/run.py                          # every contender that can be installed, the whole zoo
    python3 bench/peers/run.py --nets resnet50 --peers onnxruntime,openvino --threads 1
    python3 bench/peers/run.py --json docs/peers.json --markdown docs/peers.md

Needs build/ (tools/run.sh build), Python 3.9 with venv, and a package index for what is missing; all that is made lies in
build/peers/. The networks are weft's zoo: float ONNX for the others, .weft for weft. A ratio is a contender's time
divided by weft's, round by round; above 1, weft is faster. docs/benchmarking.md tells more.
"""
import argparse
import datetime
import importlib
import json
import os
import subprocess
import sys

import measure
import network
import report
from environment import python_of

PEERS = ("onnxruntime", "openvino", "onednn", "pytorch", "litert", "ncnn")
HERE = os.path.dirname(os.path.abspath(__file__))


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--nets", help="comma list of the zoo's networks (default: all)")
    parser.add_argument("--peers", default=",".join(PEERS), help="comma list of contenders")
    parser.add_argument("--precisions", default="float,int8,int8-u8")
    parser.add_argument("--threads", default="1,2")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--seconds", type=float, default=0.1, help="of one contender's turn in a round")
    parser.add_argument("--most", type=int, default=25, help="inferences in a turn")
    parser.add_argument("--json", default=os.path.join(network.WORK, "peers.json"), help="raw samples, versions, machine")
    parser.add_argument("--markdown", help="the tables as a page")
    parser.add_argument("--prepare-only", action="store_true", help="install and convert, measure nothing")
    parser.add_argument("--append", action="store_true", help="keep what --json has of other networks and threads")
    options = parser.parse_args()
    options.peers = options.peers.split(",")
    unknown = [peer for peer in options.peers if peer not in PEERS]
    if unknown:
        parser.error(f"no contender called {', '.join(unknown)}; there are {', '.join(PEERS)}")
    if not os.path.exists(os.path.join(network.BUILD, "bin", "zoo_save")):
        parser.error("build/bin/zoo_save is missing; run tools/run.sh build first")
    listed = subprocess.run([os.path.join(network.BUILD, "weft"), "zoo"], capture_output=True, text=True, check=True)
    zoo = [line.split()[0].removeprefix("zoo:") for line in listed.stdout.splitlines()[1:]]
    options.zoo, options.nets = zoo, options.nets.split(",") if options.nets else zoo
    unknown = [net for net in options.nets if net not in zoo]
    if unknown:
        parser.error(f"no network called {', '.join(unknown)} in the zoo")
    return options


def prepare_contender(peer, precision, nets, python, record):
    """{network: artifact} of one contender; what it cannot do is noted in the record."""
    label = peer if peer == report.WEFT else f"{peer} {precision}"
    print(f"{label}: preparing", file=sys.stderr)
    done = subprocess.run([python, os.path.join(HERE, "prepare.py"), peer, precision] + nets, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True)
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    if not answers:
        said = done.stderr.strip().splitlines() or ["no output"]
        record["skipped"][label] = said[-1][:200]
        return {}
    record["versions"][peer] = answers[0]["version"]
    artifacts = {}
    for net, answer in zip(nets, answers[1:] + [{"unavailable": "its converter died"}] * len(nets)):
        if "artifact" in answer:
            artifacts[net] = answer["artifact"]
            record["skipped"].pop(f"{label}, {net}", None)
            if answer.get("remark"):
                record["remarks"][net] = answer["remark"]
        else:
            record["skipped"][f"{label}, {net}"] = answer["unavailable"]
    return artifacts


def prepare_all(options, record):
    """{contender's label: (peer, python, {network: artifact})}, weft first: it writes the networks."""
    contenders = {}
    for peer in [report.WEFT] + options.peers:
        module = importlib.import_module("peer_" + peer)
        try:
            python = python_of(peer)
        except network.Unavailable as reason:
            record["skipped"][peer] = str(reason)
            continue
        for precision in module.PRECISIONS:
            if peer == report.WEFT or precision in options.precisions.split(","):
                label = peer if peer == report.WEFT else f"{peer} {precision}"
                contenders[label] = peer, python, prepare_contender(peer, precision, options.nets, python, record)
    return contenders


def measure_net(net, threads, contenders, options, record):
    """Runs all contenders of one network in turns and puts their samples into the record."""
    cores, workers = set(sorted(os.sched_getaffinity(0))[:threads]), {}
    try:
        for label, (peer, python, artifacts) in contenders.items():
            if net in artifacts:
                try:
                    workers[label] = measure.Worker(python, peer, artifacts[net], threads, cores)
                    record["skipped"].pop(f"{label}, {net}", None)
                except measure.WorkerError as error:
                    record["skipped"][f"{label}, {net}"] = str(error)
        samples = measure.interleave(workers, options.rounds, options.seconds, options.most)
    finally:
        for worker in workers.values():
            worker.close()
    row = {label: {"note": workers[label].note, "rounds": rounds} for label, rounds in samples.items()}
    record["networks"].setdefault(net, {})[str(threads)] = row
    record["networks"] = {name: record["networks"][name] for name in options.zoo if name in record["networks"]}


def environment():
    described = subprocess.run([os.path.join(network.BUILD, "weft"), "cpu", "--json", "-"], capture_output=True,
                               text=True, check=True)
    return json.loads(described.stdout)["environment"]


def new_record(options):
    threads = [int(t) for t in options.threads.split(",")]
    record = {"format": "weft-peers", "version": 1, "dates": [], "threads": threads, "versions": {}, "networks": {},
              "skipped": {}, "remarks": {}}
    if options.append and os.path.exists(options.json):
        with open(options.json) as file:
            record = json.load(file)
        record["threads"] = sorted(set(record["threads"] + threads))
    today = datetime.date.today().isoformat()
    record["dates"] = sorted(set(record["dates"] + [today]))
    record["environment"] = environment()
    record["settings"] = {"rounds": options.rounds, "seconds": options.seconds, "most": options.most}
    return record


def dumps(value, depth=0):
    """JSON with a line for each contender of a network, so that a change of the file can be read."""
    if not isinstance(value, dict) or depth == 4 or not value:
        return json.dumps(value)
    space = " " * (depth + 1)
    inside = ",\n".join(f"{space}{json.dumps(key)}: {dumps(one, depth + 1)}" for key, one in value.items())
    return "{\n" + inside + "\n" + space[1:] + "}"


def write(record, options):
    for path, text in ((options.json, dumps(record) + "\n"), (options.markdown, report.page(record))):
        if path:
            with open(path, "w") as file:
                file.write(text)


def main():
    options = arguments()
    os.makedirs(network.WORK, exist_ok=True)
    record = new_record(options)
    contenders = prepare_all(options, record)
    if not options.prepare_only:
        for net in options.nets:
            for threads in map(int, options.threads.split(",")):
                print(f"{net}, {threads} threads", file=sys.stderr)
                measure_net(net, threads, contenders, options, record)
            write(record, options)
        for threads in record["threads"]:
            print(f"\n{threads} threads: time divided by weft's\n")
            print("\n".join(report.table(record, threads)))
    for what, why in record["skipped"].items():
        print(f"skipped: {what}: {why}", file=sys.stderr)


if __name__ == "__main__":
    main()
