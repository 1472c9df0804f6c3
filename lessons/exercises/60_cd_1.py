"""Exercise 60: contrastive divergence, CD-1

    ∂ log p/∂W ≈ ⟨v h⟩ − ⟨v′ h′⟩,  ∂ log p/∂b ≈ ⟨v⟩ − ⟨v′⟩,  ∂ log p/∂c ≈ ⟨h⟩ − ⟨h′⟩

v (N, D) are data; v′ is what one sweep makes of them, as in exercise 59: h is drawn from p(h | v), then v′
from p(v | h), a unit being on where its u is below its probability, u_h (N, H) and u_v (N, D).  ⟨ ⟩ are means
over the N rows.  In these means no further chance is needed: there h stands for the probabilities p(h | v),
and h′ for p(h | v′), as in lesson 38.  Write the slopes, w (D, H), b (D,) and c (H,), along which to climb.

After lesson 38.  This is meant to fail first.  To check it: python -m lessons check 60
"""
import numpy as np


def sigmoid(a):
    return 1 / (1 + np.exp(-a))


def slopes(v, w, b, c, u_h, u_v):
    """CD-1's slopes of log p by w (D, H), b (D,) and c (H,)."""
    # TODO: make one sweep, then compare the means before and after
    raise NotImplementedError("exercise 60: make one sweep, then compare the means before and after")
