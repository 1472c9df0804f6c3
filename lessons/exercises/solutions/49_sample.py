"""Exercise 49: a sample that can be differentiated

    z = mean + σ · noise,  σ = exp(½ log_var)      all (N, L); noise ~ N(0, 1) was drawn: a constant

This is how a variational autoencoder draws its code: chance is an input, so z is an ordinary function of
the mean and of log_var = log σ².  Write the gradients of these two from g = ∂loss/∂z.

After lesson 27.  This is meant to fail first.  To check it: python -m lessons check 49
"""
import numpy as np


def forward(mean, log_var, noise):
    return mean + np.exp(0.5 * log_var) * noise


def backward(g, mean, log_var, noise):
    """∂loss/∂mean and ∂loss/∂log_var, both (N, L)."""
    # Yours: write the gradients of the mean and of the log-variance
    return g, g * noise * 0.5 * np.exp(0.5 * log_var)


# Hint 1.  With the noise held fixed this is calculus as usual.  What is the slope of z by the mean?  And
#   by σ?
# Hint 2.  ∂z/∂σ = noise, and σ = exp(½ log_var) has the slope ½ σ by log_var.  Chain the two.
# Why.  To draw z from N(mean, σ²) has no slope; to compute z from noise that is already there has one.
#   Moving chance out of the way is all that reparametrisation is.  Document 004 has exp(z_log_variance)
#   for σ, which is σ²: lesson 27 shows that its "bound" then exceeds what it should bound.
# In minidl: there is no function for it: mean + ops.exp(0.5 * log_var) * backend.normal(mean.shape), with
#   exp from minidl/ops.py and normal from minidl/backend.py.

# Slip noise-missing, if the noise is left out, and the slope is that of σ, not of z:
#   g * noise * 0.5 => g * 0.5
# Slip mean-kept, if z stands where z − mean belongs:
#   g * noise * 0.5 * np.exp(0.5 * log_var) => g * forward(mean, log_var, noise) / 2
# Slip extra-elementwise-factor, if g is multiplied by the mean:
#   return g, => return g * mean,
