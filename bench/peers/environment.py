"""The virtual environments of the contenders, build/peers/venv-NAME, one each unless they share one. Made on first use; a contender whose
packages cannot be installed is left out with the reason."""
import importlib
import os
import subprocess
import sys

import network

COMMON = ["numpy", "onnx"]


def python_of(peer):
    """The contender's Python, its packages installed. Raises network.Unavailable."""
    module = importlib.import_module("peer_" + peer)
    folder = os.path.join(network.WORK, "venv-" + getattr(module, "ENVIRONMENT", peer))
    python, done = os.path.join(folder, "bin", "python"), os.path.join(folder, "complete")
    if os.path.exists(done):
        return python
    print(f"{peer}: installing {' '.join(COMMON + module.REQUIREMENTS)} into {folder}", file=sys.stderr)
    for step in ([sys.executable, "-m", "venv", folder],
                 [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"] + COMMON +
                 module.REQUIREMENTS):
        run = subprocess.run(step, capture_output=True, text=True)
        if run.returncode:
            said = run.stderr.strip().splitlines() or run.stdout.strip().splitlines() or ["no output"]
            raise network.Unavailable(f"cannot install {' '.join(module.REQUIREMENTS)}: {said[-1]}")
    open(done, "w").close()
    return python
