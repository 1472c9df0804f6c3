"""The optimisers of the workloads in plain NumPy, for libraries that bring none to be stepped."""
import numpy as np


def sgd(parameters, learning_rate, momentum=0):
    """update(gradients): v ← μ v + g; p ← p − η v, each array p in place."""
    velocities = [np.zeros_like(p) for p in parameters]

    def update(gradients):
        for p, g, v in zip(parameters, gradients, velocities, strict=True):
            if momentum:
                v *= momentum
                v += g
                g = v
            p -= learning_rate * g
    return update


def adam(parameters, learning_rate, b1=0.9, b2=0.999, eps=1e-8):
    """update(gradients): Adam's step (Kingma & Ba 2015, algorithm 1), each array in place."""
    moments, t = [(np.zeros_like(p), np.zeros_like(p)) for p in parameters], 0

    def update(gradients):
        nonlocal t
        t += 1
        rate, root = learning_rate / (1 - b1 ** t), (1 - b2 ** t) ** 0.5
        for p, g, (m, v) in zip(parameters, gradients, moments, strict=True):
            m += (1 - b1) * (g - m)
            v += (1 - b2) * (g * g - v)
            p -= rate * m / (np.sqrt(v) / root + eps)
    return update
