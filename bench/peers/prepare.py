"""Prepares a contender's files for networks, in the contender's environment: prepare.py PEER PRECISION NETWORK... Prints
a JSON line for each network: {"artifact": FILE, "remark": TEXT} or {"unavailable": REASON}; before them {"version": V}."""
import importlib
import json
import os
import sys

import network


def prepare(module, precision, name):
    try:
        net = network.Network(name)
        answer = {"artifact": module.prepare(net, precision)}
        if precision == "float" and hasattr(module, "remark"):
            answer["remark"] = module.remark(net)
        return answer
    except network.Unavailable as reason:
        return {"unavailable": str(reason)}
    except Exception as error:  # a contender's own tool failed: its word is the reason
        return {"unavailable": (f"{type(error).__name__}: {error}".splitlines() or ["?"])[0][:200]}


def main():
    peer, precision, names = sys.argv[1], sys.argv[2], sys.argv[3:]
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # whatever a tool prints goes to stderr
    module = importlib.import_module("peer_" + peer)
    print(json.dumps({"version": module.version()}), file=answers, flush=True)
    for name in names:
        print(json.dumps(prepare(module, precision, name)), file=answers, flush=True)


if __name__ == "__main__":
    main()
