"""AdamW and SOAP against the papers' formulas, written plainly."""

import numpy as np

from mnist_cli.training import optimizers
from mnist_cli.training.optimizers import SOAP, AdamW, change_bases


def random_gradients(shape, count):
    rng = np.random.default_rng(1)
    return [rng.standard_normal(shape) for _ in range(count)]


def test_adamw_follows_the_papers_formula():
    gradients = random_gradients((3, 2), 5)
    start = np.random.default_rng(0).standard_normal((3, 2))
    weights, bias = start.copy(), start[0].copy()
    optimizer = AdamW([weights, bias], weight_decay=0.3)
    for gradient in gradients:
        optimizer.step([gradient, gradient[0]], learning_rate=0.01)

    # Loshchilov and Hutter 2019, algorithm 2, with a constant schedule.
    theta, m, v = start.copy(), np.zeros((3, 2)), np.zeros((3, 2))
    undecayed = start.copy()
    for t, g in enumerate(gradients, start=1):
        m = 0.9 * m + 0.1 * g
        v = 0.999 * v + 0.001 * g**2
        step = 0.01 * (m / (1 - 0.9**t)) / (np.sqrt(v / (1 - 0.999**t)) + 1e-8)
        theta = theta - step - 0.01 * 0.3 * theta
        undecayed = undecayed - step
    assert np.allclose(weights, theta, rtol=1e-12)
    assert np.allclose(bias, undecayed[0], rtol=1e-12)  # biases do not decay


def test_soap_follows_the_papers_formula_on_a_matrix_and_adams_on_biases(monkeypatch):
    monkeypatch.setattr(optimizers, "REFRESH_EVERY", 2)
    gradients = random_gradients((4, 3), 9)
    start = np.random.default_rng(0).standard_normal((4, 3))
    weights, bias, by_adam = start.copy(), start[0].copy(), start[0].copy()
    optimizer, adam = SOAP([weights, bias], weight_decay=0.3), AdamW([by_adam])
    for gradient in gradients:
        optimizer.step([gradient, gradient[0]], learning_rate=0.01)
        adam.step([gradient[0]], learning_rate=0.01)
    assert np.array_equal(bias, by_adam)

    # Vyas et al. 2024, algorithm 3, the first bases being those of the axes: the mean gradient is
    # kept unrotated and rotated afresh in every step.
    W, M, V = start.copy(), np.zeros((4, 3)), np.zeros((4, 3))
    L, R, QL, QR = np.zeros((4, 4)), np.zeros((3, 3)), np.eye(4), np.eye(3)
    for t, G in enumerate(gradients, start=1):
        M = 0.9 * M + 0.1 * G
        V = 0.999 * V + 0.001 * (QL.T @ G @ QR) ** 2
        N = (QL.T @ M @ QR / (1 - 0.9**t)) / (np.sqrt(V / (1 - 0.999**t)) + 1e-8)
        W = W - 0.01 * 0.3 * W - 0.01 * QL @ N @ QR.T
        L = 0.99 * L + 0.01 * G @ G.T
        R = 0.99 * R + 0.01 * G.T @ G
        if t % 2 == 0:
            QL, QR = np.linalg.qr(L @ QL)[0], np.linalg.qr(R @ QR)[0]
    assert np.allclose(weights, W, rtol=1e-9)


def test_changes_of_bases_are_undone():
    rng = np.random.default_rng(0)
    array = rng.standard_normal((4, 5, 6))
    bases = [np.linalg.qr(rng.standard_normal((n, n)))[0] for n in array.shape]
    turned = change_bases(array, bases)
    assert np.allclose(turned, np.einsum("abc,ai,bj,ck->ijk", array, *bases))
    assert np.allclose(change_bases(turned, bases, back=True), array)
