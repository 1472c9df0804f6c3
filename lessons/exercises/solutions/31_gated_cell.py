"""Exercise 31: one step of an LSTM

    f = σ(a_f),  i = σ(a_i),  o = σ(a_o),  p = tanh(a_p)          three gates and a proposal, all (N, H)
    c′ = f ∗ c + i ∗ p,  h′ = o ∗ tanh(c′)                        c (N, H) is the cell before the step

Each a was made as x u + h w + b, with weights of its own; they are the inputs here.  (Lesson 06 calls the
proposal g.)  The output is h′ and c′, stacked (2, N, H): g[0] is ∂loss/∂h′, and g[1] is what the next step
hands back to c′.  Write the gradients of the four a and of c.

After lesson 06.  This is meant to fail first.  To check it: python -m lessons check 31
"""
import numpy as np


def sigmoid(a):
    return 1 / (1 + np.exp(-a))


def forward(a_f, a_i, a_o, a_p, c):
    f, i, o, p = sigmoid(a_f), sigmoid(a_i), sigmoid(a_o), np.tanh(a_p)
    cell = f * c + i * p
    return np.stack([o * np.tanh(cell), cell])                  # (2, N, H)


def backward(g, a_f, a_i, a_o, a_p, c):
    """∂loss/∂a_f, ∂loss/∂a_i, ∂loss/∂a_o, ∂loss/∂a_p and ∂loss/∂c, each (N, H)."""
    # Yours: find the whole gradient of c′ first, then go on to its parts
    f, i, o, p = sigmoid(a_f), sigmoid(a_i), sigmoid(a_o), np.tanh(a_p)
    out = np.tanh(f * c + i * p)
    d = g[1] + g[0] * o * (1 - out ** 2)                        # of c′: from the next step, and from h′
    of_f = d * c * f * (1 - f)
    of_i = d * p * i * (1 - i)
    of_o = g[0] * out * o * (1 - o)
    of_p = d * i * (1 - p ** 2)
    return of_f, of_i, of_o, of_p, d * f


# Hint 1.  c′ is used twice: by the next step, and in h′ = o ∗ tanh(c′).  Add what comes back from both, and
#   call it d (N, H).  Only a_o is not behind c′.
# Hint 2.  A product hands to each factor d times the other one: f gets d ∗ c, and c gets d ∗ f.  Then each
#   gate needs its own slope: σ′ = σ(1 − σ), and tanh′ = 1 − tanh² for the proposal.
# Why.  From c′ to c the gradient is multiplied by f, and by nothing else: no weights, no slope of tanh.  A
#   gate near 1 lets it pass through many steps.  But a gate near 0 or 1 hardly learns, since its slope
#   f(1 − f) is near 0.  Along h′ the gradient still meets weights and slopes, as in exercise 28.
# In minidl: sigmoid, in minidl/ops.py, and tanh: made of these, the step needs no backward pass by hand.

# Slip branch-lost, if what the next step hands back to c′, g[1], is left out:
#   d = g[1] + g[0] => d = g[0]
# Slip branch-lost, if c′ gets only g[1], and nothing by way of h′:
#    + g[0] * o * (1 - out ** 2) =>
# Slip local-derivative-forgotten, if on the way from h′ to c′ the slope of tanh(c′) is left out:
#    * (1 - out ** 2) =>
# Slip gate-forgotten, if on the way from h′ to c′ the gate o is left out:
#   g[0] * o * (1 => g[0] * (1
# Slip wrong-local-derivative, if the tanh in h′ gets the slope t(1 − t), that of a sigmoid:
#   (1 - out ** 2) => out * (1 - out)
# Slip x-for-y, if the slope of tanh is 1 − c′², in the input, not in the output tanh(c′):
#   (1 - out ** 2) => (1 - (f * c + i * p) ** 2)
# Slip local-derivative-forgotten, if the gate's slope σ′ is left out:
#   c * f * (1 - f) => c
#   p * i * (1 - i) => p
#   out * o * (1 - o) => out
# Slip wrong-local-derivative, if the gate itself stands where its slope belongs:
#   f * (1 - f) => f
#   i * (1 - i) => i
#   o * (1 - o) => o
# Slip wrong-local-derivative, if the gate has the slope 1 − t², that of tanh:
#   f * (1 - f) => (1 - f ** 2)
#   i * (1 - i) => (1 - i ** 2)
#   o * (1 - o) => (1 - o ** 2)
# Slip x-for-y, if the gate's slope is a(1 − a), in the gate's input, not in its output:
#   f * (1 - f) => a_f * (1 - a_f)
#   i * (1 - i) => a_i * (1 - a_i)
#   o * (1 - o) => a_o * (1 - a_o)
# Slip factor-forgotten, if d is not multiplied by the other factor of the product:
#   d * f => d
#   d * i => d
#   d * c => d
#   d * p => d
# Slip state-off-by-one, if f gets d times the cell after the step, c′, and not the one before:
#   d * c * f => d * (f * c + i * p) * f
# Slip cell-for-its-tanh, if o is multiplied by c′, and not by tanh(c′):
#   g[0] * out => g[0] * (f * c + i * p)
# Slip wrong-path, if o, too, gets its gradient by way of c′, though it comes after it:
#   g[0] * out => d * out
# Slip local-derivative-forgotten, if the proposal's own slope is left out:
#   i * (1 - p ** 2) => i
# Slip wrong-local-derivative, if the proposal has the slope p(1 − p), that of a sigmoid:
#   i * (1 - p ** 2) => i * p * (1 - p)
# Slip state-off-by-one, if the slope of tanh in h′ is taken at c, the cell before the step, not at c′:
#   (1 - out ** 2) => (1 - np.tanh(c) ** 2)
