"""A contender's process: worker.py PEER ARTIFACT THREADS. Loads the network, says {"note": TEXT}, then answers a line
{"seconds": S, "most": N} with {"us": [...]}: the times of single inferences, the first one of a turn (whose data other
contenders have driven from the caches) not counted."""
import importlib
import json
import os
import sys
import time


def main():
    peer, artifact, threads = sys.argv[1], sys.argv[2], int(sys.argv[3])
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # whatever a runtime prints goes to stderr
    runner = importlib.import_module("peer_" + peer).Runner(artifact, threads)
    runner.run()
    print(json.dumps({"note": getattr(runner, "note", "")}), file=answers, flush=True)
    clock = time.perf_counter_ns
    for line in sys.stdin:
        wanted = json.loads(line)
        runner.run()
        times, end = [], clock() + wanted["seconds"] * 1e9
        while len(times) < 2 or (clock() < end and len(times) < wanted["most"]):
            before = clock()
            runner.run()
            times.append(round((clock() - before) / 1e3))
        print(json.dumps({"us": times}), file=answers, flush=True)


if __name__ == "__main__":
    main()
