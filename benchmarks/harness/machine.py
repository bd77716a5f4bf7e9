"""What a record must say of the machine."""

import os
import platform
import time


def describe():
    return {
        "cpu": cpu_model(),
        "cpus": len(os.sched_getaffinity(0)),
        "bf16": sorted(flags() & {"avx512_bf16", "amx_bf16"}),
        "kernel": platform.release(),
        "load_before": os.getloadavg()[0],
    }


def cpu_model():
    return next((value for key, value in cpuinfo() if key == "model name"), platform.machine())


def flags():
    return set(next((value for key, value in cpuinfo() if key == "flags"), "").split())


def cpuinfo():
    with open("/proc/cpuinfo") as file:
        for line in file:
            key, _, value = line.partition(":")
            yield key.strip(), value.strip()


class Neighbours:
    """CPU time that processes other than the one with this pid take, from now on."""

    LIMIT = 0.03  # of the CPUs that arms may use

    def __init__(self, pid):
        self._pid = pid
        self._cpus = os.sched_getaffinity(0)  # which arms inherit; what runs on others takes nothing from them
        self._start = time.monotonic()
        self._busy = self._busy_elsewhere()

    def disturbed(self):
        """True if others took more than LIMIT of the CPUs; the hypervisor's other guests count."""
        elapsed = (time.monotonic() - self._start) * len(self._cpus)
        return (self._busy_elsewhere() - self._busy) / elapsed > self.LIMIT

    def _busy_elsewhere(self):
        tick = os.sysconf("SC_CLK_TCK")
        with open("/proc/stat") as file:
            busy = busy_ticks(file, self._cpus)
        with open(f"/proc/{self._pid}/stat") as file:
            own = sum(map(int, file.read().rpartition(")")[2].split()[11:13]))
        return (busy - own) / tick


def busy_ticks(stat, cpus):
    """Sum over these CPUs, from the lines of /proc/stat."""
    names = {f"cpu{cpu}" for cpu in cpus}
    ticks = 0
    for line in stat:
        name, *fields = line.split()
        if name in names:
            user, nice, system, _, _, irq, softirq, steal = map(int, fields[:8])
            ticks += user + nice + system + irq + softirq + steal
    return ticks
