"""One engine in a process of its own: `python engines.py ENGINE BATCH_SIZE THREADS`.

Prints the seconds that each pass over the test images took, as JSON. Engines are never timed in one
process: the thread pools of ONNX Runtime and PyTorch spin on after a call, and a limit on threads
that one sets changes the others.
"""

import json
import sys
import time

import numpy as np
from threadpoolctl import threadpool_limits

from mnist_cli import load_images, load_network
from mnist_cli.weights import onnx_model

SINGLE_IMAGES = 2_000  # as many calls when the batch size is 1
WARM_UP_SECONDS = 0.3
TIMED_SECONDS = 0.6

network = load_network()
pixels = load_images().reshape(-1, 784)


def batches(images, size):
    if size == 1:
        return images[:SINGLE_IMAGES]
    return (images[start : start + size] for start in range(0, len(images), size))


def ours(size, threads):
    if size == 1:
        return lambda: [network.predict(x) for x in batches(pixels, 1)]
    return lambda: network.predict(pixels, batch_size=size, threads=threads)


def textbook(size, threads):
    threadpool_limits(threads, user_api="blas")
    *hidden, (W_last, b_last) = zip(network.weights, network.biases, strict=True)
    images = pixels.astype(np.float32) / 255

    def predict(x):
        for W, b in hidden:
            x = 1 / (1 + np.exp(-(np.dot(x, W) + b)))
        a = np.dot(x, W_last) + b_last
        e = np.exp(a - np.max(a, axis=-1, keepdims=True))
        return np.argmax(e / np.sum(e, axis=-1, keepdims=True), axis=-1)

    return lambda: [predict(x) for x in batches(images, size)]


def onnxruntime(size, threads):
    import onnx
    import onnxruntime

    model = onnx.load_from_string(onnx_model.write(network.arrays, network.activation))
    model.graph.node[-1].op_type = "ArgMax"  # for softmax, which a prediction does without
    digits = onnx.helper.make_tensor_value_info("probabilities", onnx.TensorProto.INT64, ["N", 1])
    model.graph.output[0].CopyFrom(digits)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    providers = ["CPUExecutionProvider"]
    session = onnxruntime.InferenceSession(model.SerializeToString(), options, providers)

    def predict(x):
        return session.run(None, {"images": x.reshape(-1, 784)})[0]

    return lambda: [predict(x) for x in batches(pixels, size)]


def torch(size, threads):
    import torch

    torch.set_num_threads(threads)
    layers = []
    for W, b in zip(network.weights, network.biases, strict=True):
        linear = torch.nn.Linear(*W.shape)
        linear.weight.data = torch.tensor(W.T)
        linear.bias.data = torch.tensor(b)
        layers += [linear, torch.nn.Sigmoid()]
    model = torch.nn.Sequential(*layers[:-1])
    images = torch.tensor(pixels)

    @torch.inference_mode()
    def run():
        return [model(x.float() / 255).argmax(-1) for x in batches(images, size)]

    return run


def for_a_while(run, seconds):
    passes = []
    while sum(passes) < seconds:
        start = time.perf_counter()
        run()
        passes.append(time.perf_counter() - start)
    return passes


if __name__ == "__main__":
    engine, size, threads = sys.argv[1:]
    prepare = {each.__name__: each for each in (ours, textbook, onnxruntime, torch)}[engine]
    run = prepare(int(size), int(threads))
    for_a_while(run, WARM_UP_SECONDS)
    print(json.dumps(for_a_while(run, TIMED_SECONDS)))
