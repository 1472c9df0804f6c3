"""Exercise 32: an embedding

    y[n, t] = e[words[n, t]]          e (V, D), words (N, T) from 0 to V − 1, y (N, T, D)

Each of the V words of a language has a row of D numbers in the table e, and these are learned.  To read N
sentences of T words is to look up their rows.  Write ∂loss/∂e (V, D) from g = ∂loss/∂y (N, T, D).  A sentence
may say a word twice, so may two sentences, and some words do not occur at all.

After lesson 06.  This is meant to fail first.  To check it: python -m lessons check 32
"""
import numpy as np


def forward(e, words):
    return e[words]


def backward(g, e, words):
    """∂loss/∂e (V, D)."""
    # Yours: give each row of the table what its word has received
    de = np.zeros_like(e)
    np.add.at(de, words, g)                                     # adds once for every time a word stands there
    return de


# Hint 1.  Row v was copied to all places where the word v stands.  What is the gradient of a number that was
#   used several times?  And that of one that was not used?
# Hint 2.  Start with zeros.  In NumPy, de[words] += g reads de[words] first, then adds, then writes: where a
#   word stands twice, only its last g is kept.  np.add.at(de, words, g) adds all of them; so does a loop.
# Why.  To look up a row is to multiply a one-hot row by e, but without the zeros.  So the gradient is that of
#   a dense layer, onehotᵀ g: a sum over all places.  A rare word gets few gradients and learns slowly; a word
#   that does not occur gets 0.  With 50,000 words, most of the table is 0 at every step.
# In minidl: add_at, in minidl/ops.py: the transpose of take, which looks up.

# Slip mean-for-sum, if each row gets the mean of what its word has received, not the sum:
#   np.add.at(de, words, g) => np.add.at(de, words, g); times = np.bincount(words.ravel(), minlength=len(e))
#   return de => return de / np.maximum(times, 1)[:, None]
# Slip all-to-all, if every row gets the sum over all places, whatever word stands there:
#   np.add.at(de, words, g) => de += g.sum(axis=(0, 1))
# Slip wrong-places, if the rows are taken for the places in a sentence: row t gets what stands at t:
#   np.add.at(de, words, g) => de[:words.shape[1]] = g.sum(axis=0)
# Slip cotangent-ignored, if each row gets how often its word stands there, and g plays no part:
#   np.add.at(de, words, g) => np.add.at(de, words, 1)
# Slip rows-missing, if the table ends after the largest word that occurs, and has not all V rows:
#   np.zeros_like(e) => np.zeros((words.max() + 1, e.shape[1]))
