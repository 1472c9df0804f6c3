"""A recurrent network: one layer, used again at every time step, that hands itself a state.

    hₜ = tanh(xₜ U + hₜ₋₁ W + b)

Backpropagation through time is backpropagation, along the chain of states: the gradient of hₜ comes from its
own use and from the next step, and every step multiplies it by Wᵀ and by 1 − hₜ².  That product is why it
fades, or explodes, with the number of steps (Bengio, Simard & Frasconi 1994).
"""
import numpy as np

from minidl import init
from minidl.nn import Module, _zeros
from minidl.ops import affine, concatenate, expand_dims, reshape, stack, swapaxes
from minidl.tensor import Tensor, describe, primitive, value

@primitive
def recur(a, w, h0):
    """hₜ = tanh(aₜ + hₜ₋₁ W) for t = 1 … T, a (N, T, H), w (H, H), h0 (N, H) → h (N, T, H)."""
    h = np.empty_like(a.swapaxes(0, 1))                         # (T, N, H): each step in one piece of memory
    before = h0
    for t in range(len(h)):
        np.matmul(before, w, out=h[t])
        h[t] += a[:, t]
        before = np.tanh(h[t], out=h[t])
    return h.swapaxes(0, 1)
def _recur_back(g, h, a, w, h0):
    """Of dₜ = ∂loss/∂(aₜ + hₜ₋₁ W): dₜ = (gₜ + dₜ₊₁ Wᵀ)(1 − hₜ²), ∂W = Σ hₜ₋₁ᵀ dₜ in one product."""
    steps, across = h.shape[1], swapaxes(w, i=0, j=1)           # Wᵀ
    slope = 1 - h * h                                           # tanh′ = 1 − tanh²
    ds, from_next = [None] * steps, 0
    for t in reversed(range(steps)):
        ds[t] = (g[:, t] + from_next) * slope[:, t]
        from_next = ds[t] @ across
    d = stack(ds, axis=1)                                       # (N, T, H)
    before = concatenate([expand_dims(h0, 1), h[:, :-1]], axis=1)
    flat = (-1, h.shape[2])
    return d, swapaxes(reshape(before, shape=flat), i=0, j=1) @ reshape(d, shape=flat), from_next
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
        if x.ndim != 3 or x.shape[2] != self.u.shape[0] or x.shape[1] < 1:
            raise ValueError(f"RNN({describe(value(x))}): it takes (N, T, {self.u.shape[0]}), with T ≥ 1; a "
                             "single sequence needs a batch axis of 1 in front")
        if h0 is None:
            h0 = np.zeros_like(self.b.array, shape=(x.shape[0], self.w.shape[0]))
        return recur(affine(x, self.u, self.b), self.w, h0)     # one product for the inputs of all steps
