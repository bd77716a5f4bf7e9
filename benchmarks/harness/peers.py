"""The arms that can be compared, and the Python that the peers run on."""

import hashlib
import os
import subprocess
import sys
from pathlib import Path

from harness.affect4j import tool
from harness.rounds import say

PEERS = Path(__file__).resolve().parent.parent / "peers"
MODES = ("train", "predict", "loss")

# As our process does for itself. By default glibc may give large tensors' memory back to the kernel in every step,
# which clears it again page by page; docs/benchmarking.md says what that can cost PyTorch.
KEEP_MEMORY = "GLIBC_TUNABLES=glibc.malloc.mmap_threshold=4294967296:glibc.malloc.trim_threshold=68719476736"


def torch_arm(dtype, layout, execution):
    return lambda mode, work, threads: [
        "env", KEEP_MEMORY, python(), PEERS / "torch_arm.py", mode, work, threads, dtype, layout, execution]


def onnx_arm(mode, work, threads):
    return [python(), PEERS / "onnx_arm.py", work, threads]


def djl_arm(mode, work, threads):
    """Builds the arm's Maven project first; its own libtorch comes with it."""
    project = PEERS / "djl"
    subprocess.run([
        PEERS.parent.parent / "mvnw", "-q", "-B", "-f", project / "pom.xml", "compile", "dependency:build-classpath",
        "-Dmdep.outputFile=target/classpath"], check=True, stdout=sys.stderr)
    classpath = f"{project}/target/classes:{(project / 'target/classpath').read_text()}"
    return [
        tool("java"), "-XX:+UseParallelGC", "-Dai.djl.offline=true", f"-DDJL_CACHE_DIR={cache() / 'djl'}",
        "-DOPT_OUT_TRACKING=true", "-cp", classpath, "io.github.affect4j.benchmarks.djl.DjlArm", work, threads]


# name -> (modes, how to make the command). Arms of affect4j itself are in OURS.
ARMS = {
    "torch-fp32": (("train", "predict", "loss"), torch_arm("fp32", "nchw", "eager")),
    "torch-fp32-cl": (("train", "predict"), torch_arm("fp32", "channels_last", "eager")),
    "torch-bf16-cl": (("train", "predict"), torch_arm("bf16", "channels_last", "eager")),
    "torch-compile-fp32": (("train", "predict", "loss"), torch_arm("fp32", "nchw", "compile")),
    "torch-compile-fp32-cl": (("train", "predict"), torch_arm("fp32", "channels_last", "compile")),
    "torch-compile-bf16-cl": (("train", "predict"), torch_arm("bf16", "channels_last", "compile")),
    "onnx-fp32": (("predict",), onnx_arm),
    "djl-fp32": (("train",), djl_arm),
}
OURS = {"ours-fp32": MODES, "ours-bf16": ("train", "predict")}


def arms_of(mode):
    """Names of all arms that have the mode, ours first."""
    return [name for name, modes in OURS.items() if mode in modes] + [
        name for name, (modes, _) in ARMS.items() if mode in modes]


def cache():
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "affect4j"


def python():
    """The peers' Python: AFFECT4J_PEER_PYTHON, or a virtual environment made once for these requirements."""
    given = os.environ.get("AFFECT4J_PEER_PYTHON")
    if given:
        return given
    requirements = PEERS / "requirements.txt"
    digest = hashlib.sha256(requirements.read_bytes()).hexdigest()[:12]
    venv = cache() / f"peers-{digest}"
    ready = venv / "installed"
    if not ready.exists():
        say(f"installing the peers into {venv}: some gigabytes, once")
        subprocess.run([sys.executable, "-m", "venv", "--clear", venv], check=True)
        subprocess.run([venv / "bin/python", "-m", "pip", "install", "--quiet", "-r", requirements], check=True)
        ready.touch()
    return str(venv / "bin/python")
