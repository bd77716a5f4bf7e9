"""An arm: a process that does one unit of work when told to, so that arms can take turns.

The protocol, a line each way:  arm: READY   harness: run N   arm: DONE <seconds of N steps> <value>
`value` is what the last step computed (a loss, a mean logit): proof that the arms do the same work.
An arm is stopped (SIGSTOP) while it is not its turn, so that no thread of it spins meanwhile.
"""

import ctypes
import os
import select
import signal
import subprocess
import time


PR_SET_PDEATHSIG = 1
LIBC = ctypes.CDLL(None)


class ArmError(Exception):
    pass


def die_with_parent():
    """A stopped arm would outlive a harness that was killed, with all its memory."""
    LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


class Arm:
    def __init__(self, name, command, log_folder, environment=None):
        self.name = name
        self._log = os.path.join(log_folder, name.replace("/", "_") + ".log")
        self._buffer = b""
        with open(self._log, "wb") as log:
            self._process = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, env=environment,
                preexec_fn=die_with_parent)
        self._paused = False

    @property
    def pid(self):
        return self._process.pid

    def wait_until_ready(self, timeout):
        self._expect("READY", timeout)
        self._pause()

    def run(self, steps, timeout):
        """Seconds of that many steps, and the value of the last."""
        self._resume()
        try:
            self._process.stdin.write(f"run {steps}\n".encode())
            self._process.stdin.flush()
        except BrokenPipeError:
            raise self._error("died") from None
        seconds, value = self._expect("DONE", timeout)
        self._pause()
        return float(seconds), float(value)

    def peak_memory(self):
        """Bytes of the largest resident set of the process so far."""
        with open(f"/proc/{self._process.pid}/status") as status:
            return next(int(line.split()[1]) * 1024 for line in status if line.startswith("VmHWM:"))

    def close(self):
        self._process.kill()  # works on a stopped process too
        self._process.wait()
        self._process.stdin.close()
        self._process.stdout.close()

    def _pause(self):
        self._process.send_signal(signal.SIGSTOP)
        self._paused = True

    def _resume(self):
        if self._paused:
            self._process.send_signal(signal.SIGCONT)
            self._paused = False

    def _expect(self, word, timeout):
        """The fields after `word`; libraries may print other lines before it."""
        deadline = time.monotonic() + timeout
        while True:
            line = self._line(word, deadline)
            if line.split()[:1] == [word]:
                return line.split()[1:]

    def _line(self, word, deadline):
        stdout = self._process.stdout.fileno()
        while b"\n" not in self._buffer:
            left = deadline - time.monotonic()
            if left <= 0 or not select.select([stdout], [], [], left)[0]:
                raise self._error(f"did not say {word} in time")
            chunk = os.read(stdout, 65536)
            if not chunk:
                raise self._error(f"ended with {self._process.wait()}")
            self._buffer += chunk
        line, self._buffer = self._buffer.split(b"\n", 1)
        return line.decode(errors="replace")

    def _error(self, what):
        """An exit status below 0 is the number of the signal that ended the arm."""
        with open(self._log, errors="replace") as log:
            tail = log.read().strip().splitlines()[-8:]
        return ArmError(f"arm {self.name} {what}; the end of {self._log}:\n  " + "\n  ".join(tail))
