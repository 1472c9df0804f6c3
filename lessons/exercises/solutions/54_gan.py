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
    # Yours: write the gradients of the logits; fake is in both losses
    p_real, p_fake = sigmoid(real), sigmoid(fake)
    return g[0] * (p_real - 1) / len(real), (g[0] * p_fake + g[1] * (p_fake - 1)) / len(fake)


def sigmoid(s):
    return 1 / (1 + np.exp(-s))                                 # softplus′ = σ


# Hint 1.  What is the derivative of softplus(s) = log(1 + eˢ)?  You know it from exercise 10.  And that of
#   softplus(−s)?
# Hint 2.  softplus′ = σ, and (softplus(−s))′ = −σ(−s) = σ(s) − 1.  real is in L_D alone; fake is in L_D,
#   with g[0], and in L_G, with g[1].  Each mean has its own divisor.
# Why.  Everything is D or D − 1: what was said minus what was wanted, as in exercise 15.  Early on the
#   discriminator is sure that fakes are fake, D ≈ 0.  The generator's slope is then D − 1 ≈ −1: a strong
#   push.  In the minimax game it would be −D ≈ 0, and the generator would learn nothing when it needs to
#   most.
# In minidl: gan_discriminator and gan_non_saturating, in minidl/losses.py.

# Slip minimax, if L_G is taken for mean log(1 − σ(fake)), the loss of the minimax game:
#   g[1] * (p_fake - 1) => g[1] * -p_fake
# Slip sign, if the part of L_G has the other sign, so that G learns to be caught:
#   g[1] * (p_fake - 1) => g[1] * (1 - p_fake)
# Slip label-swapped, if D is taught that real is fake: softplus(real) for softplus(−real) in L_D:
#   (p_real - 1) => p_real
# Slip label-swapped, if D is taught that fake is real: softplus(−fake) for softplus(fake) in L_D:
#   g[0] * p_fake => g[0] * (p_fake - 1)
# Slip label-swapped, if G is taught to be caught: softplus(fake) for softplus(−fake) in L_G:
#   g[1] * (p_fake - 1) => g[1] * p_fake
# Slip branch-lost, if fake acts in L_D alone, and not in L_G:
#   g[0] * p_fake + g[1] * (p_fake - 1) => g[0] * p_fake
# Slip branch-lost, if fake acts in L_G alone, and not in L_D:
#   g[0] * p_fake + g[1] * (p_fake - 1) => g[1] * (p_fake - 1)
# Slip log-forgotten, if the slopes are those of the probabilities, and not of their logarithms:
#   (p_real - 1) => -p_real * (1 - p_real)
#   (g[0] * p_fake + g[1] * (p_fake - 1)) => (g[0] - g[1]) * p_fake * (1 - p_fake)
# Slip local-derivative-forgotten, if the slopes are those by the probabilities σ(s), and not by the logits s:
#   (p_real - 1) => -1 / p_real
#   (g[0] * p_fake + g[1] * (p_fake - 1)) => (g[0] / (1 - p_fake) - g[1] / p_fake)
# Slip wrong-local-derivative, if softplus stands where its slope belongs:
#   = sigmoid(real), sigmoid(fake) => = softplus(real), softplus(fake)
# Slip wrong-divisor, if the mean over fake is divided by the number of real:
#   / len(fake) => / len(real)
# Slip wrong-divisor, if real and fake are divided by their number together, as one mean:
#   / len(real), => / (len(real) + len(fake)),
#   / len(fake) => / (len(real) + len(fake))
# Slip cotangents-swapped, if the two entries of g have changed places:
#   return g[0] => g = g[::-1]; return g[0]
# Slip cotangents-added, if each loss meets the sum of g, and not its own entry:
#   return g[0] => g = g.sum() + 0 * g; return g[0]
