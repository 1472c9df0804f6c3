"""A recurrent network: one layer, used again at every time step, that hands itself a state.

    hₜ = tanh(xₜ U + hₜ₋₁ W + b)

Backpropagation through time is backpropagation, along the chain of states: the gradient of hₜ comes from its
own use and from the next step, and every step multiplies it by Wᵀ and by 1 − hₜ².  That product is why it
fades, or explodes, with the number of steps (Bengio, Simard & Frasconi 1994).
"""
import numpy as np

from minidl import init
from minidl.nn import Module, _zeros
from minidl.ops import affine, concatenate, reshape, swapaxes
from minidl.tensor import Tensor, describe, floats, primitive, value

@primitive
def recur(a, w, h0):
    """hₜ = tanh(aₜ + hₜ₋₁ W) for t = 1 … T, a (N, T, H), w (H, H), h0 (N, H) → h (N, T, H)."""
    h = np.empty_like(a.swapaxes(0, 1), order="C")              # (T, N, H): a step lies together in memory
    before = h0
    for now, inputs in zip(h, a.swapaxes(0, 1)):
        np.matmul(before, w, out=now)
        now += inputs
        before = np.tanh(now, out=now)
    return h.swapaxes(0, 1)
def _recur_back(g, h, a, w, h0):
    """Of dₜ = ∂loss/∂(aₜ + hₜ₋₁ W): dₜ = (gₜ + dₜ₊₁ Wᵀ)(1 − hₜ²), ∂W = Σ hₜ₋₁ᵀ dₜ in one product."""
    g, h, across = (swapaxes(x, i=0, j=1) for x in (g, h, w))   # (T, N, H) twice, Wᵀ
    slope = 1 - h * h                                           # tanh′ = 1 − tanh²
    ds, from_next = [], 0
    for t in reversed(range(len(h))):
        ds.append((g[t] + from_next) * slope[t])
        from_next = ds[-1] @ across
    d = concatenate(ds[::-1])                                   # (T·N, H)
    before = concatenate([h0, reshape(h[:-1], shape=(-1, h.shape[2]))])
    return swapaxes(reshape(d, shape=h.shape), i=0, j=1), swapaxes(before, i=0, j=1) @ d, from_next
recur.vjps = _recur_back

class RNN(Module):
    """x (N, T, inputs) → the states h (N, T, hidden) of a tanh network, from h0 (N, hidden) or zeros.

    U (inputs, hidden) by Glorot, W (hidden, hidden) orthogonal, so that at first it neither shrinks nor
    stretches what it carries (Saxe, McClelland & Ganguli 2014), b zeros.
    """
    def __init__(self, inputs, hidden):
        self.u = Tensor(init.glorot((inputs, hidden), inputs, hidden))
        self.w = Tensor(init.orthogonal(hidden))
        self.b = Tensor(_zeros(hidden))

    def forward(self, x, h0=None):
        x = floats(x, self.u.dtype)
        if x.ndim != 3 or x.shape[2] != self.u.shape[0] or x.shape[1] < 1:
            raise ValueError(f"RNN({describe(value(x))}): it takes (N, T, {self.u.shape[0]}), with T ≥ 1; a "
                             "single sequence needs a batch axis of 1 in front")
        if h0 is None:
            h0 = np.zeros_like(self.b.array, shape=(x.shape[0], self.w.shape[0]))
        return recur(affine(x, self.u, self.b), self.w, h0)     # one product for the inputs of all steps
