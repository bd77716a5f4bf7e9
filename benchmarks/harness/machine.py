"""What a record must say of the machine."""

import os
import platform


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
