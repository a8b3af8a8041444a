"""Timing of several contenders side by side.

Each contender lives in a process of its own (worker.py), so that one runtime's threads, allocator or settings cannot
touch another's. The processes take short turns (A B C, B C A, ...): whatever the machine does in the meantime hits all
of them alike, and ratios are formed within a round. While one has its turn the others are stopped, so that no thread of
theirs spins beside it.
"""
import json
import os
import signal
import subprocess

HERE = os.path.dirname(os.path.abspath(__file__))


class WorkerError(Exception):
    """The contender cannot run this network; the text says why."""


class Worker:
    """One contender on one network, held ready in its own process."""

    def __init__(self, python, peer, artifact, threads, cores):
        variables = dict(os.environ, OMP_NUM_THREADS=str(threads))
        self.process = subprocess.Popen([python, os.path.join(HERE, "worker.py"), peer, artifact, str(threads)],
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                        text=True, env=variables,
                                        preexec_fn=lambda: os.sched_setaffinity(0, cores))
        try:
            self.note = self._answer()["note"]
        except WorkerError:
            self.close()
            raise
        self.process.send_signal(signal.SIGSTOP)

    def _answer(self):
        line = self.process.stdout.readline()
        if not line:
            said = self.process.stderr.read().strip().replace(os.path.dirname(os.path.dirname(HERE)) + "/", "").splitlines()
            raise WorkerError(said[-1][:200] if said else "the process ended without a word")
        return json.loads(line)

    def turn(self, seconds, most):
        """Runs inferences for about so long, at most so many; returns their times in microseconds."""
        self.process.send_signal(signal.SIGCONT)
        self.process.stdin.write(json.dumps({"seconds": seconds, "most": most}) + "\n")
        self.process.stdin.flush()
        times = self._answer()["us"]
        self.process.send_signal(signal.SIGSTOP)
        return times

    def close(self):
        self.process.kill()
        self.process.wait()
        for stream in (self.process.stdin, self.process.stdout, self.process.stderr):
            try:
                stream.close()
            except BrokenPipeError:
                pass


def interleave(workers, rounds, seconds, most):
    """Times all workers in turns: {name: [[microseconds of a round], ...]}."""
    samples = {name: [] for name in workers}
    for worker in workers.values():
        worker.turn(seconds, most)  # warm-up, not kept
    names = list(workers)
    for index in range(rounds):
        first = index % len(names)  # nobody is always first
        for name in names[first:] + names[:first]:
            samples[name].append(workers[name].turn(seconds, most))
    return samples
