"""Exercise 54: the losses of a GAN

    L_D = −mean log σ(real) − mean log(1 − σ(fake))         the discriminator makes this small
    L_G = −mean log σ(fake)                                 the generator makes this small (non-saturating)

real (N,) and fake (M,) are the discriminator's logits: σ(real) is the probability it gives a real example
to be real.  With softplus(s) = log(1 + eˢ): log σ(s) = −softplus(−s), and log(1 − σ(s)) = −softplus(s).
The output is both losses, [L_D, L_G], so g is (2,).  Write the gradients of real and fake.

After lesson 32.  This is meant to fail first.  To check it: python -m lessons check 54
"""
import numpy as np


def softplus(s):
    return np.maximum(s, 0) + np.log1p(np.exp(-np.abs(s)))      # log(1 + eˢ), which does not overflow


def forward(real, fake):
    of_d = softplus(-real).mean() + softplus(fake).mean()
    of_g = softplus(-fake).mean()
    return np.stack([of_d, of_g])


def backward(g, real, fake):
    """∂loss/∂real (N,) and ∂loss/∂fake (M,), where loss = g[0] L_D + g[1] L_G."""
    # TODO: write the gradients of the logits; fake is in both losses
    raise NotImplementedError("exercise 54: write the gradients of the logits; fake is in both losses")
