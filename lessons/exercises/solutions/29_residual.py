"""Exercise 29, find the bug: a step that keeps what it had

    y = x + tanh(x w)          x and y (N, D), w (D, D)

A state that is only corrected at each step, not replaced, forgets more slowly.  The gradient of w is right.

After lesson 06.  This is meant to fail first.  To check it: python -m lessons check 29
"""
import numpy as np


def forward(x, w):
    return x + np.tanh(x @ w)


def backward(g, x, w):
    """∂loss/∂x (N, D) and ∂loss/∂w (D, D)."""
    d = g * (1 - np.tanh(x @ w) ** 2)                           # ∂loss/∂(x w) (N, D)
    # As shipped: return d @ w.T, x.T @ d
    return g + d @ w.T, x.T @ d


# Hint 1.  How often does x stand in the formula?  How many paths lead back to it in the code?
# Hint 2.  If w were 0, y would be x.  What would the gradient of x be then, and what does the code return?
# Why.  The short path has the slope 1: whatever the tanh does to the other, the gradient comes through it
#   unshrunk, step after step.  That is the idea of residual networks and, with a gate, of the LSTM. Leave
#   it out of the backward pass, and the one thing it was built for is gone.
# In minidl: add, in minidl/ops.py, hands g to both; pullback, in minidl/tensor.py, adds them up again at
#   x.

# Slip local-derivative-forgotten, if the path through the tanh has no slope of the tanh:
#   g + d @ w.T => g + g @ w.T
# Slip weights-forgotten, if the path through the tanh does not go on through w:
#   g + d @ w.T => g + d
# Slip transposed, if the path through the tanh goes through w, not through wᵀ:
#   g + d @ w.T => g + d @ w
# Slip sign, if the path through the tanh is subtracted:
#   g + d @ w.T => g - d @ w.T
# Slip used-twice, if the short path is added twice:
#   return g + d @ w.T => return 2 * g + d @ w.T
# Slip wrong-local-derivative, if the slope of the tanh is taken at x, not at x w:
#   np.tanh(x @ w) ** 2 => np.tanh(x) ** 2
# Slip output-for-tanh, if the slope is made of y, which is the tanh and x:
#   d = g * (1 - np.tanh(x @ w) ** 2) => d = g * (1 - forward(x, w) ** 2)
# Slip short-path-to-w, if w, too, is given a short path, though the x beside the tanh meets no w:
#   g + d @ w.T, x.T @ d => g + d @ w.T, x.T @ (g + d)
# Slip extra-slope, if the short path, too, has the slope of the tanh:
#   g + d @ w.T => d + d @ w.T
# Slip short-path-misplaced, if g by the short path joins the other before w, and goes through w too:
#   g + d @ w.T, x.T @ d => (g + d) @ w.T, x.T @ (g + d)
