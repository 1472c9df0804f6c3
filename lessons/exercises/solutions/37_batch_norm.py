"""Exercise 37: batch normalisation

    μ = mean x,  σ² = mean (x − μ)²,  x̂ = (x − μ) / √(σ² + ε),  y = γ x̂ + β

x and y (N, D), γ and β (D,), the means over the batch: μ and σ² (D,).  Write the gradients of x, γ and β.
x acts in three ways: by itself, through μ and through σ².

After lesson 09.  This is meant to fail first.  To check it: python -m lessons check 37
"""
import numpy as np

EPS = 1e-5


def forward(x, gamma, beta):
    mean, var = x.mean(axis=0), x.var(axis=0)                   # (D,)
    return gamma * (x - mean) / np.sqrt(var + EPS) + beta


def backward(g, x, gamma, beta):
    """∂loss/∂x (N, D), ∂loss/∂γ (D,) and ∂loss/∂β (D,)."""
    # Yours: write the gradients of x, γ and β
    deviation = np.sqrt(x.var(axis=0) + EPS)                    # (D,)
    xhat = (x - x.mean(axis=0)) / deviation                     # (N, D)
    d = g * gamma                                               # ∂loss/∂x̂ (N, D)
    dx = (d - d.mean(axis=0) - xhat * (d * xhat).mean(axis=0)) / deviation
    return dx, (g * xhat).sum(axis=0), g.sum(axis=0)


# Hint 1.  Go in stages, with d = g γ the gradient of x̂ and r = 1/√(σ² + ε): first that of σ², −½ r³ Σ d
#   (x − μ); then that of μ, −r Σ d; then all three paths of x.
# Hint 2.  ∂μ/∂xₙ = 1/N and ∂σ²/∂xₙ = 2(xₙ − μ)/N.  So ∂loss/∂xₙ = r dₙ + ∂loss/∂μ · 1/N + ∂loss/∂σ² · 2(xₙ
#   − μ)/N.
# Why.  The result is short: r (d − mean d − x̂ mean(d x̂)).  What arrives loses its mean and its part
#   along x̂, as adding a constant to x, or stretching it, does not change y (but for ε).  Treat μ or σ²
#   as constants, and the gradient pushes against walls that are not there.
# In minidl: normalise, in minidl/functions.py.

# Slip missing-1/N, if sums over the batch stand where means belong:
#   d.mean(axis=0) => d.sum(axis=0)
#   (d * xhat).mean(axis=0) => (d * xhat).sum(axis=0)
# Slip wrong-axis, if the means run over all entries, and not over the batch alone:
#   d.mean(axis=0) => d.mean()
#   (d * xhat).mean(axis=0) => (d * xhat).mean()
# Slip unbiased-variance, if the variance is divided by N − 1 on the way back, where forward divides by N:
#   np.sqrt(x.var(axis=0) + EPS) => np.sqrt(x.var(axis=0, ddof=1) + EPS)
# Slip not-normalised, if x stands where x̂ belongs:
#   (g * xhat).sum(axis=0) => (g * x).sum(axis=0)
# Slip not-normalised, if x − μ stands where x̂ belongs:
#   (g * xhat).sum(axis=0) => (g * (x - x.mean(axis=0))).sum(axis=0)
# Slip factor-forgotten, if γ is left out on the way from y to x:
#   d = g * gamma => d = g
# Slip variance-for-deviation, if the way to x is divided by σ² + ε, not by its root:
#   (d * xhat).mean(axis=0)) / deviation => (d * xhat).mean(axis=0)) / deviation ** 2
