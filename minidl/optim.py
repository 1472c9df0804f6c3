"""Optimisers: what to do with a gradient.

Each holds `parameters` (Tensors) and changes their arrays in place.  The first thing it does is to give every
parameter an array of its own, so that no array of the caller's is ever written to.  `learning_rate` may be
changed between steps: `optimizer.learning_rate = schedule(step)`.
"""
import math

import numpy as np

class Optimizer:
    """The base: `step()` calls `update(p, g, state)` for each parameter with a gradient."""

    def __init__(self, parameters, learning_rate, weight_decay=0.0):
        self.parameters = list(parameters)
        if not self.parameters:
            raise ValueError(f"{type(self).__name__}: there are no parameters to optimise")
        if not learning_rate > 0:
            raise ValueError(f"{type(self).__name__}: the learning rate must be above 0, not {learning_rate}")
        self.learning_rate, self.weight_decay = learning_rate, weight_decay
        for p in self.parameters:
            p.array = p.array.copy()
        self.state = [{} for _ in self.parameters]

    def step(self):
        """Change every parameter that has a gradient."""
        for p, state in zip(self.parameters, self.state):
            if p.grad is not None:
                self.update(p.array, self._decayed(p), state)

    def _decayed(self, p):
        """g + λ w, the gradient of loss + ½ λ ‖w‖²."""
        return p.grad + self.weight_decay * p.array if self.weight_decay else p.grad

    def zero_grad(self):
        """Forget the gradients, before the next backward()."""
        for p in self.parameters:
            p.grad = None

def _kept(state, name, p):
    """An array of p's shape that is kept from step to step, zeros at first."""
    if name not in state:
        state[name] = np.zeros_like(p)
    return state[name]

class SGD(Optimizer):
    """v ← μ v + g;  w ← w − η v, or with Nesterov w ← w − η (g + μ v)       (Sutskever et al. 2013)."""

    def __init__(self, parameters, learning_rate, momentum=0.0, nesterov=False, weight_decay=0.0):
        super().__init__(parameters, learning_rate, weight_decay)
        if nesterov and not momentum:
            raise ValueError("SGD: Nesterov's step looks ahead along the momentum, which is 0 here")
        self.momentum, self.nesterov = momentum, nesterov

    def update(self, w, g, state):
        if self.momentum:
            v = _kept(state, "v", w)
            v *= self.momentum
            v += g
            g = g + self.momentum * v if self.nesterov else v
        w -= self.learning_rate * g

class RMSProp(Optimizer):
    """s ← ρ s + (1 − ρ) g²;  w ← w − η g / (√s + ε)   (Hinton 2012, lecture 6e)."""

    def __init__(self, parameters, learning_rate=0.001, decay=0.99, eps=1e-8, weight_decay=0.0):
        super().__init__(parameters, learning_rate, weight_decay)
        self.decay, self.eps = decay, eps

    def update(self, w, g, state):
        s = _kept(state, "s", w)
        s *= self.decay
        s += (1 - self.decay) * g * g
        w -= self.learning_rate * g / (np.sqrt(s) + self.eps)

class Adam(Optimizer):
    """m ← β₁m + (1−β₁)g; v ← β₂v + (1−β₂)g²; w ← w − η m̂/(√v̂ + ε), m̂ = m/(1−β₁ᵗ), v̂ = v/(1−β₂ᵗ)

    (Kingma & Ba 2015, algorithm 1).  Weight decay is added to the gradient, and so is divided by √v̂ too,
    unlike in AdamW.
    """

    def __init__(self, parameters, learning_rate=0.001, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.0):
        super().__init__(parameters, learning_rate, weight_decay)
        self.betas, self.eps = betas, eps

    def update(self, w, g, state):
        (b1, b2), m, v = self.betas, _kept(state, "m", w), _kept(state, "v", w)
        t = state["t"] = state.get("t", 0) + 1                  # the steps of this parameter
        room = _kept(state, "room", w)                          # to work in: found once, not at each step
        m *= b1
        m += np.multiply(g, 1 - b1, out=room)
        v *= b2
        v += np.multiply(np.multiply(g, g, out=room), 1 - b2, out=room)
        correction = math.sqrt(1 - b2 ** t)                     # √v̂ = √v / correction
        np.sqrt(v, out=room)
        room += self.eps * correction
        np.divide(m, room, out=room)
        room *= self.learning_rate * correction / (1 - b1 ** t)
        w -= room

class AdamW(Adam):
    """Adam, and w ← (1 − η λ) w: decay apart from the gradient             (Loshchilov & Hutter 2019)."""

    def __init__(self, parameters, learning_rate=0.001, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.01):
        super().__init__(parameters, learning_rate, betas, eps, weight_decay)

    def _decayed(self, p):
        p.array *= 1 - self.learning_rate * self.weight_decay
        return p.grad

def clip_grad_norm(parameters, max_norm):
    """Scale all gradients together so that their joint norm is at most max_norm; returns the norm before.

    The norm is a number on the CPU, and on a GPU an array without axes, so that no step waits for it.
    """
    gradients = [p for p in parameters if p.grad is not None]
    norm = np.sqrt(sum((p.grad * p.grad).sum().astype(np.float64) for p in gradients))
    scale = max_norm / np.maximum(norm, max_norm)               # 1 if it is short enough
    for p in gradients:
        p.grad = p.grad * scale.astype(p.grad.dtype)
    return norm

def step_decay(start, factor, every):
    """A schedule, step → learning rate: start, times `factor` after every `every` steps."""
    return lambda step: start * factor ** (step // every)

def cosine(start, steps, end=0.0, warmup=0):
    """A schedule, step → learning rate: half a cosine from start down to end (Loshchilov & Hutter 2017).

    With `warmup`, that many steps of a straight line up to start come first   (Goyal et al. 2017, §2.2).
    """
    if not 0 <= warmup < steps:
        raise ValueError(f"cosine: {warmup} steps of warm-up in {steps} steps leave none to come down")

    def rate(step):
        if step < warmup:
            return start * (step + 1) / warmup
        done = min((step - warmup) / (steps - warmup), 1)
        return end + (start - end) * 0.5 * (1 + math.cos(math.pi * done))
    return rate
