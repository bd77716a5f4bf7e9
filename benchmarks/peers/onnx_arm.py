"""ONNX Runtime as an arm: onnx_arm.py WORK THREADS; inference in fp32 with all graph optimisations.

The export runs in a process of its own, so that PyTorch does not count in the arm's memory.
"""

import subprocess
import sys

MODEL = "network.onnx"
IMAGES = "images.npy"


def export(work):
    import warnings

    import numpy
    import torch

    from network import load_batch, load_network

    images = load_batch(work)[0].contiguous()
    numpy.save(f"{work}/{IMAGES}", images.numpy())
    warnings.simplefilter("ignore")
    with torch.no_grad():
        torch.onnx.export(load_network(work).eval(), images, f"{work}/{MODEL}", input_names=["images"], dynamo=False)


def main(work, threads):
    import numpy
    import onnxruntime

    from serve import serve

    subprocess.run([sys.executable, __file__, "export", work], check=True, stdout=sys.stderr)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = int(threads)
    session = onnxruntime.InferenceSession(f"{work}/{MODEL}", options, providers=["CPUExecutionProvider"])
    inputs = {"images": numpy.load(f"{work}/{IMAGES}")}
    serve(lambda: float(numpy.abs(session.run(None, inputs)[0]).mean()))


if sys.argv[1] == "export":
    export(sys.argv[2])
else:
    main(*sys.argv[1:])
