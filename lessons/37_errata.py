"""
Errata: what the documents say, what is right, what was measured
================================================================

Five documents hold some eighty mistakes, and one can still learn from them.  Could you have caught them?

Needs: lessons 01 to 36; each answer names the one that shows it at length.
From: all five documents, from the encoder notes (000) to the VAE slides (004); lessons/DOCUMENTS.md says what
they are, and quotes what is asked about.
New words: erratum, overclaim.
Time: quick 12 s, full 12 s on two cores.
"""
import inspect
from itertools import product

import numpy as np

from lessons import errata, judge
from lessons.lesson import begin
from minidl import plot

lesson = begin("37_errata")
files = errata.groups()

# %%
# By hand: three to catch with a pencil
# -------------------------------------
# An *erratum* is a mistake in a text, with its correction.  Many need no more than a pencil:
#
# 1. The VAE slides (004) draw z = μ + exp(log σ²) ε.  Let σ² be 4.  The deviation should be σ = 2, but
#    exp(log 4) is 4: the variance.  Halve the logarithm first: exp(½ log 4) = 2.
# 2. The exam paper (003) makes E[−l] small, where l is the cross-entropy.  Take a pixel x = 1, of which the
#    network says x̂ = ½: l = −log ½ = 0.69.  The slope of l is −1/x̂ = −2.  A step of descent at the rate 0.1
#    goes to x̂ = 0.7, and l falls to 0.36.  Descent on −l goes to x̂ = 0.3, and l rises to 1.20.
# 3. The course notes (001) drop two of four neurons at the rate ½.  But each is dropped independently, so
#    all 2⁴ = 16 patterns are equally likely.  Two of four can be chosen in 6 ways: 6 of 16, and not always.
deviations = np.exp(np.log(4)), np.exp(0.5 * np.log(4))
after_a_step = [-np.log(0.5 - 0.1 * slope) for slope in (-2, 2)]
patterns = [sum(dropped) for dropped in product((0, 1), repeat=4)]
lesson.check("deviations: 4 as drawn, 2 as meant", np.allclose(deviations, (4, 2)), deviations)
lesson.check("l after a step: 0.36, and on −l 1.20", np.allclose(after_a_step, (0.357, 1.204), atol=0.001))
lesson.check("two of four are dropped in 6 of 16", (patterns.count(2), len(patterns)) == (6, 16))

# %%
# A row for each
# --------------
# All errata of the five documents stand in lessons/errata/, a row for each: a question, what is right, and a
# few lines that measure it.  `says` is the number that would come out if the document were right; `near` and
# `within` say where theory puts it, and how far chance may take it.  This is the row of the third:
print(inspect.getsource(errata.ROWS["E12"].experiment))

# %%
# The number E12 leads to the sentence in lessons/DOCUMENTS.md, and `lesson` to where it is shown at length.
#
# First you are asked, and then answered.  Take a sheet of paper: for each question write a number or a word
# before you go on to the next cell.
found = {}

def ask(*names):
    for row in (row for name in names for row in files[name]):
        print(row.question(), end="\n\n")

def answer(*names):
    for row in (row for name in names for row in files[name]):
        found[row.number] = row.answer(lesson)

# %%
# Asked: the slides (004), the exam paper (003), the encoder notes (000)
# ----------------------------------------------------------------------
# Signs, square roots, letters.  A pencil will do.  (E1 and E2 are the first two of the three above.)
ask("slides", "exam", "encoders")

# %%
# Answered
# --------
answer("slides", "exam", "encoders")

# %%
# Asked: the cube report (002)
# ----------------------------
# It is the only one of the five that reports an experiment of its own.  Ask of each number: by which unit, in
# which data, by which estimator, in how many runs?  F1 to F14 are the figures of its tables.  For each, find
# the reading that gives it, or a reason why none can.  In the answers the full cube is [−1, 1]³, v is the
# variance of a coordinate (E32 asks for it), and S = 10^1.5 = 31.6 is 15 dB as a ratio.
ask("report", "figures")

# %%
# Answered
# --------
answer("report", "figures")

# %%
# Asked: the course notes (001)
# -----------------------------
# Here few sentences are false, and many are true only sometimes.  Such a sentence is an *overclaim*.  Ask of
# each: when?
ask("networks", "problems", "autoencoders")

# %%
# Answered
# --------
answer("networks", "problems", "autoencoders")

# %%
# By how much?
# ------------
# Divide what was measured by what the document says.  If it were right, this would be 1.  (Rows without such
# a number are left out, and so are 0 and a wrong sign.)  Guess first: are most of them off by a few per cent,
# or by factors?
rows = [row for row in errata.ROWS.values() if row.kind in errata.KINDS and row.says]
ratios = {row.label: found[row.number] / row.says for row in rows if found[row.number] / row.says > 0}
order = sorted(ratios, key=ratios.get)
sizes = np.array([ratios[label] for label in order])
figure, axes = plot.panels(1, height=0.6 + 0.16 * len(order))
axes[0].axvline(1, color=plot.INK, linewidth=1)
axes[0].plot(sizes, order, "o", color=plot.COLOURS[1])
axes[0].set(xscale="log", xlabel="measured / what the document says")
lesson.picture(figure, "ratios", "At 1 a document is right.  How many are off by more than a factor of two?")
lesson.record("errata with two numbers of one sign", len(sizes))
lesson.record("off by more than a factor of two", (abs(np.log(sizes)) > np.log(2)).sum())

# %%
# What kind of mistake?
# ---------------------
# A wrong sign or a wrong factor shows in the first experiment.  An overclaim does not: an experiment that
# meets its condition agrees with it.  (A mistake of several documents is counted for the first.)
documents = ["000 encoder notes", "001 course notes", "002 cube report", "003 exam paper", "004 VAE slides"]
where = [(row.document, row.kind) for row in errata.ROWS.values()]
counts = np.array([[where.count((name[:3], kind)) for kind in errata.KINDS] for name in documents])  # (5, 5)
lesson.table([(name, *count) for name, count in zip(documents, counts)], ["document", *errata.KINDS])
figure, axes = plot.panels(1, height=2.4)
for i, kind in enumerate(errata.KINDS):
    before = counts[:, :i].sum(axis=1)
    axes[0].barh(documents, counts[:, i], left=before, color=plot.COLOURS[i], label=kind)
axes[0].set(xlabel="number of errata")
axes[0].invert_yaxis()
axes[0].legend(ncols=2, loc="lower right")
lesson.picture(figure, "kinds", "Which document errs by signs, and which by what is true only sometimes?")

# %%
# The documents' errata, and ours
# -------------------------------
# An erratum is a claim, too.  Our first list said of E13 that the slope by the score function has a variance
# of 224.  That was measured, by a sample.  The slope is z (z − 3)² with z ~ N(0, 1) (lesson 27).  Odd powers
# of z have the mean 0, and E z² = 1, E z⁴ = 3, E z⁶ = 15.  So its mean is −6 E z² = −6; its mean square is
# E z²(z − 3)⁴ = E z⁶ + 54 E z⁴ + 81 E z² = 258; its variance is 258 − 36 = 222.  How far from that does the
# variance of a sample of 10,000 lie?
ours_rng = lesson.rng("ours")
z = ours_rng.normal(size=(200, 10_000))                         # 200 samples
slopes = z * (z - 3) ** 2
variances = slopes.var(axis=1)
lesson.claim("variance of the score function's slope: standard errors off 222",
             abs(judge.standard_errors(variances, 222)), below=5)
lesson.claim("one sample of 10,000: deviation of its variance", variances.std(), above=2)

# %%
# So 224 was within chance: a sample was printed as if it were the exact number.  And of E5 the list said 403,
# which is e⁶, for D = σ(−6) = 0.00247.  Beside it stood D rounded, 0.0025, for which (1 − D)/D is 399.
#
# Try it yourself
# ---------------
# 1. Easy: five neurons, each dropped with probability ½.  How often are exactly two dropped?
# 2. Easy: 003's pixel has x = 0, and the network says x̂ = ½.  Which two numbers are l after the two steps?
# 3. Hard: find a mistake that is not in the list, in the documents or in a lesson, and write its row.
#
# Remember
# --------
# - Put in a number: most wrong signs and factors do not survive the first one.
# - Ask of a general sentence: when?  And of a measured number: which unit, estimator, data, how many runs?
# - A correction needs its own experiment.  Two of ours were wrong.
#
# Sources
# -------
# The five documents; lessons/DOCUMENTS.md.  The sources of a correction stand in the lesson that it names.
lesson.end()
