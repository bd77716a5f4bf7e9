"""PyTorch as an arm: torch_arm.py train|predict|loss WORK THREADS fp32|bf16 nchw|channels_last eager|compile

Training is forward, the three losses, backward and fused Adam on a batch that is normalised and in
the right memory format before the clock starts; our own arm does that work inside its step.
"""

import sys

import torch

from network import load_batch, load_network, losses
from serve import serve


def main():
    mode, work, threads, dtype, layout, execution = sys.argv[1:]
    torch.set_num_threads(int(threads))
    torch.set_flush_denormal(True)
    images, logits, labels = load_batch(work)
    compile_it = torch.compile if execution == "compile" else lambda function: function
    if mode == "loss":
        serve(loss_step(compile_it(losses), logits, labels))
        return
    network = load_network(work)
    if layout == "channels_last":
        network = network.to(memory_format=torch.channels_last)
        images = images.contiguous(memory_format=torch.channels_last)
    else:
        images = images.contiguous()
    bf16 = dtype == "bf16"
    make = train_step if mode == "train" else predict_step
    serve(make(network, images, labels, bf16, compile_it))


def train_step(network, images, labels, bf16, compile_it):
    network.train()
    optimizer = torch.optim.Adam(network.parameters(), lr=5e-5, weight_decay=1e-4, fused=True)
    total_loss = compile_it(lambda x: losses(network(x), labels))

    def step():
        optimizer.zero_grad(set_to_none=True)
        with torch.autocast("cpu", torch.bfloat16, enabled=bf16):
            loss = total_loss(images)
        loss.backward()
        optimizer.step()
        return loss.item()

    return step


def predict_step(network, images, _, bf16, compile_it):
    network.eval()
    if bf16:  # once: autocast would cast the weights again in every step
        network, images = network.bfloat16(), images.bfloat16()
    if compile_it is torch.compile:
        torch._inductor.config.freezing = True
    forward = compile_it(network)

    def step():
        with torch.inference_mode(compile_it is not torch.compile), torch.no_grad():
            return forward(images).float().abs().mean().item()

    return step


def loss_step(total_loss, logits, labels):
    logits.requires_grad_()

    def step():
        logits.grad = None
        loss = total_loss(logits, labels)
        loss.backward()
        return loss.item()

    return step


main()
