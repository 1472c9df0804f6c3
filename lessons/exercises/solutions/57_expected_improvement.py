"""Exercise 57: the expected improvement

    EI = mean of max(f* − f, 0),  f ~ N(m, s²)
       = (f* − m) Φ(u) + s φ(u),  u = (f* − m) / s

We look for a low height.  f* is the lowest so far; at each of M places a Gaussian process has a mean and a
deviation, m and s (M,).  φ is the density of N(0, 1), and Φ(u) its share below u.  Given is only

    erf(t) = 2/√π ∫ e^(−x²) dx from 0 to t

Write EI (M,).  At a place that was measured, s = 0: the height is known, and no lower than f*.

After lesson 36.  This is meant to fail first.  To check it: python -m lessons check 57
"""
import math

import numpy as np

erf = np.vectorize(math.erf, otypes=[float])                    # for arrays


def expected_improvement(m, s, lowest):
    """How much lower than `lowest` a trial at each place is on average, (M,)."""
    # Yours: write EI with Φ from erf, also where s = 0
    gain = lowest - m
    u = gain / np.where(s > 0, s, 1)                            # 1: any number; not used there
    below = (1 + erf(u / 2 ** 0.5)) / 2                         # Φ(u)
    density = np.exp(-u * u / 2) / (2 * np.pi) ** 0.5           # φ(u)
    return np.where(s > 0, gain * below + s * density, np.maximum(gain, 0))


# Hint 1.  Φ goes from 0 to 1 and is ½ at 0; erf goes from −1 to 1 and is 0 at 0.  The exponent is −x² in erf
#   and −x²/2 in φ: by which factor must x be scaled to make one of the other?
# Hint 2.  Φ(u) = ½ (1 + erf(u/√2)).  Where s = 0, u has a division by 0; f is m there, so what is
#   max(f* − m, 0)?  np.where(s > 0, …, …) computes both sides, so divide by something else than 0 there.
# Why.  The two terms are two reasons for a trial: the mean is low, or the place is unknown.  Where the mean
#   is just f*, the second is still s φ(0) = 0.4 s.  Not knowing is worth something, since a trial that
#   comes out worse costs nothing: we keep f*.  Where the height is known, nothing is left to gain.
# In minidl: softplus, in minidl/ops.py: of f* − m, it is the EI where f is logistic, with s = 1.

# Slip maximised, if a high value is looked for: m − f* for f* − m:
#   gain = lowest - m => gain = m - lowest
# Slip maximised, if a high value is looked for, and EI is 0 wherever the height is known:
#   gain = lowest - m => gain = m - lowest
#   np.maximum(gain, 0) => 0
# Slip sign, if u has the other sign:
#   u = gain / => u = -gain /
# Slip sign, if s φ(u) is subtracted:
#   below + s * density => below - s * density
# Slip probability, if Φ(u) alone is returned: how probable a gain is, not how large:
#   gain * below + s * density => below
# Slip term-missing, if s φ(u) is left out:
#   gain * below + s * density => gain * below
# Slip term-missing, if (f* − m) Φ(u) is left out:
#   gain * below + s * density => s * density
# Slip no-chance, if the height is taken to be m, as if it were known:
#   gain * below + s * density => np.maximum(gain, 0)
# Slip factor-missing, if φ(u) has lost its s:
#   below + s * density => below + density
# Slip factor-missing, if Φ(u) has lost its f* − m:
#   gain * below + s * density => below + s * density
# Slip exchanged, if Φ and φ have changed places:
#   gain * below + s * density => gain * density + s * below
# Slip erf-for-share, if erf(u/√2) is taken for Φ(u):
#   (1 + erf(u / 2 ** 0.5)) / 2 => erf(u / 2 ** 0.5)
# Slip root-missing, if erf is taken at u, where √2 is missing:
#   erf(u / 2 ** 0.5) => erf(u)
# Slip erf-for-share, if erf(u) is taken for Φ(u):
#   (1 + erf(u / 2 ** 0.5)) / 2 => erf(u)
# Slip normaliser-missing, if φ is without its 1/√(2π):
#   density = np.exp(-u * u / 2) / (2 * np.pi) ** 0.5 => density = np.exp(-u * u / 2)
# Slip root-missing, if φ is divided by 2π, not by its root:
#   / (2 * np.pi) ** 0.5 => / (2 * np.pi)
# Slip half-missing, if the exponent of φ has lost its ½:
#   np.exp(-u * u / 2) => np.exp(-u * u)
# Slip variance-for-deviation, if u is divided by s², not by s:
#   np.where(s > 0, s, 1) => np.where(s > 0, s ** 2, 1)
# Slip deviation-for-variance, if s is taken for a variance, and its root for the deviation:
#   gain = lowest - m => gain = lowest - m; s = np.sqrt(s)
# Slip division-by-0, if 0 is divided by 0 at the place that was lowest, where s = 0 and m = f*:
#   np.where(s > 0, s, 1) => s
#   np.where(s > 0, gain * below + s * density, np.maximum(gain, 0)) => gain * below + s * density
# Slip division-by-0, if s (u Φ(u) + φ(u)) is computed where s = 0, and u is 0/0 or infinite:
#   np.where(s > 0, s, 1) => s
#   np.where(s > 0, gain * below + s * density, np.maximum(gain, 0)) => s * (u * below + density)
# Slip known-height, if EI is f* − m where s = 0, a loss where it is negative:
#   np.maximum(gain, 0) => gain
# Slip factor-missing, if EI is in units of s, and was not multiplied by s:
#   gain * below + s * density => u * below + density
# Slip erf-for-share, if Φ(u) is taken for ½ erf(u/√2), which is 0 at u = 0:
#   (1 + erf(u / 2 ** 0.5)) / 2 => erf(u / 2 ** 0.5) / 2
# Slip root-missing, if erf is taken at u/2, where the 2 should have a root:
#   erf(u / 2 ** 0.5) => erf(u / 2)
