"""Optimisers: what to do with a gradient.

Each changes the arrays of its `parameters` (Tensors) in place, after it has given every one an array of its
own, so that none of the caller's is written to.  `optimizer.learning_rate` may be changed between steps.
"""
import math

import numpy as np

from minidl import backend, state
from minidl.tensor import leaves

class Optimizer:
    """The base: `step()` calls `update(p, g, state)` for each parameter with a gradient.

    weight_decay λ: the step goes down loss + ½ λ Σ w² over the weights, as in losses.l2: what has two axes or
    more; not biases, γ and β.  (Where no parameter has two axes, all are weights.)
    """
    keeps = ()                                  # the names of what `update` keeps from step to step

    def __init__(self, parameters, learning_rate, weight_decay=0.0):
        name, self.parameters = type(self).__name__, leaves(type(self).__name__, parameters)
        if not self.parameters:
            raise ValueError(f"{name}: there are no parameters to optimise")
        if isinstance(learning_rate, str) or not learning_rate > 0:
            raise ValueError(f"{name}: the learning rate must be above 0, not {learning_rate!r}")
        self.learning_rate, self.weight_decay = learning_rate, weight_decay
        self.weights = {p for p in self.parameters if p.ndim > 1} or set(self.parameters)
        for p in self.parameters:
            p._array = p.array.copy()           # the same numbers: nothing is out of date
        self.state = [{name: np.zeros_like(p.array) for name in self.keeps} for p in self.parameters]

    def step(self):
        """Change every parameter that has a gradient."""
        decayed = self.weights if self.weight_decay else ()
        for p, state in zip(self.parameters, self.state):
            if p.grad is not None:
                self.update(p._array, self._decayed(p) if p in decayed else p.grad, state)
                p.array = p._array              # changed: what was computed from it is out of date

    def _decayed(self, p):
        """g + λ w, the gradient of loss + ½ λ ‖w‖²."""
        return p.grad + self.weight_decay * p.array

    def zero_grad(self):
        """Forget the gradients, before the next backward()."""
        for p in self.parameters:
            p.grad = None

    def state_dict(self):
        """{name: a host copy} of the learning rate, and of all that is kept from step to step."""
        kept = {f"{i}.{name}": np.array(backend.to_host(x))
                for i, state in enumerate(self.state) for name, x in state.items() if name != "room"}
        return {"learning_rate": np.array(self.learning_rate, float), **kept}

    def load_state_dict(self, given):
        """Go on from the state of an optimiser of this kind, for such parameters; or nothing is changed."""
        state.check(self.state_dict(), given, self)
        self.learning_rate = float(given["learning_rate"])
        for i, kept in enumerate(self.state):
            kept.update({name: x.item() if name == "t" else backend.to_device(np.array(x))
                         for name in kept if (x := given.get(f"{i}.{name}")) is not None})

class SGD(Optimizer):
    """v ← μ v + g;  w ← w − η v, or with Nesterov w ← w − η (g + μ v)       (Sutskever et al. 2013)."""
    def __init__(self, parameters, learning_rate, momentum=0.0, nesterov=False, weight_decay=0.0):
        if nesterov and not momentum:
            raise ValueError("SGD: Nesterov's step looks ahead along the momentum, which is 0 here")
        self.momentum, self.nesterov, self.keeps = momentum, nesterov, ("v",) if momentum else ()
        super().__init__(parameters, learning_rate, weight_decay)

    def update(self, w, g, state):
        if self.momentum:
            v = state["v"]
            v *= self.momentum
            v += g
            g = g + self.momentum * v if self.nesterov else v
        w -= self.learning_rate * g

class RMSProp(Optimizer):
    """s ← ρ s + (1 − ρ) g²;  w ← w − η g / (√s + ε)   (Hinton 2012, lecture 6e)."""
    keeps = ("s",)

    def __init__(self, parameters, learning_rate=0.001, decay=0.99, eps=1e-8, weight_decay=0.0):
        super().__init__(parameters, learning_rate, weight_decay)
        self.decay, self.eps = decay, eps

    def update(self, w, g, state):
        s = state["s"]
        s *= self.decay
        s += (1 - self.decay) * g * g
        w -= self.learning_rate * g / (np.sqrt(s) + self.eps)

class Adam(Optimizer):
    """m ← β₁m + (1−β₁)g; v ← β₂v + (1−β₂)g²; w ← w − η m̂/(√v̂ + ε), m̂ = m/(1−β₁ᵗ), v̂ = v/(1−β₂ᵗ)

    (Kingma & Ba 2015, algorithm 1).  Weight decay is added to the gradient, and so is divided by √v̂ too,
    unlike in AdamW.
    """
    keeps = "m", "v", "room"                    # room to work in: found once, not at each step

    def __init__(self, parameters, learning_rate=0.001, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.0):
        super().__init__(parameters, learning_rate, weight_decay)
        self.betas, self.eps = betas, eps
        for state in self.state:
            state["t"] = 0                                      # the steps of this parameter

    def update(self, w, g, state):
        (b1, b2), m, v, room = self.betas, state["m"], state["v"], state["room"]
        t = state["t"] = state["t"] + 1
        m *= b1 if t % 100 else b1 * (np.abs(m) > 1.2e-38)     # a dead unit's m: denormal, slow
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
    """Scale all gradients to a joint norm of at most max_norm; the norm before, left on the device."""
    if not max_norm > 0:
        raise ValueError(f"clip_grad_norm: max_norm is a length above 0, not {max_norm}")
    gradients = [p for p in leaves("clip_grad_norm", parameters) if p.grad is not None]
    norm = np.sqrt(sum((p.grad * p.grad).sum().astype(np.float64) for p in gradients))
    scale = max_norm / np.maximum(norm, max_norm)               # 1 if it is short enough
    for p in gradients:
        p.grad = p.grad * scale.astype(p.grad.dtype)
    return norm

def shrink(parameters, amount):
    """w ← sign(w) max(|w| − amount, 0): the proximal step of amount · Σ |w|, which makes exact zeros.

    After a gradient step of length η, amount = η λ makes it one down loss + λ Σ |w|   (Beck & Teboulle 2009).
    """
    if not amount >= 0:
        raise ValueError(f"shrink: the amount is η λ, at least 0, not {amount}")
    for p in leaves("shrink", parameters):
        p.array = np.sign(p.array) * np.maximum(np.abs(p.array) - amount, 0)
