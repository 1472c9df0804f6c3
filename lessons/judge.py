"""How a result is judged: how sure a difference is, and the simple rivals that it is held against.

The law: like with like.  The rivals see the training examples, and are asked about the test examples.
"""
import numpy as np

from minidl import backend, losses, nn, optim, train


# --- how sure? ----------------------------------------------------------------------------------------------


def standard_errors(sample, theory=0.0):
    """How many standard errors the mean of a sample (N,) of independent numbers lies above a theory's mean.

    The standard error is s/√N, s² the sample's variance over N − 1.  A constant sample has none: 0 or ±∞.
    """
    sample = np.asarray(sample, float)
    away, error = sample.mean() - theory, sample.std(ddof=1) / len(sample) ** 0.5
    if error == 0:
        return 0.0 if away == 0 else float(np.copysign(np.inf, away))
    return float(away / error)


def lead(hits, rival_hits):
    """By how many standard deviations one reader is ahead of another on the same images: booleans (N,) twice.

    Only an image that one of them reads and the other does not can tell.  Between equals each such image is a
    fair coin, so won − lost has the deviation √(won + lost)   (McNemar 1947).
    """
    hits, rival_hits = (np.asarray(h, bool) for h in (hits, rival_hits))
    won, lost = (hits & ~rival_hits).sum(), (~hits & rival_hits).sum()
    return float((won - lost) / max(won + lost, 1) ** 0.5)


def folds(n, k, rng):
    """k index arrays that share out n examples by chance, their sizes at most one apart."""
    if not 2 <= k <= n:
        raise ValueError(f"folds: {n} examples go into 2 to {n} folds, not {k}")
    return np.array_split(rng.permutation(n), k)


# --- rivals -------------------------------------------------------------------------------------------------


def softmax_regression(x, y, x_test, *, classes=10, steps=300, rate=0.02):
    """The labels (M,) that one dense layer, trained on x (N, D) with labels y (N,), gives x_test (M, D).

    The loss has one valley, and it starts from zero weights: nothing here is left to chance.
    """
    x, x_test = (np.asarray(backend.to_host(a), np.float32) for a in (x, x_test))
    centre = x.mean(axis=0)
    scale = 1 / max(np.sqrt(((x - centre) ** 2).mean()), 1e-12)             # one number for all directions
    layer = nn.Dense(x.shape[1], classes, init=lambda shape, fan_in, fan_out: np.zeros(shape, np.float32))
    inputs, labels = map(backend.to_device, ((x - centre) * scale, y))
    optimizer = optim.Adam(layer.parameters(), rate)
    train.descend(lambda: losses.cross_entropy(layer(inputs), labels), optimizer, steps)
    return layer.predict((x_test - centre) * scale).argmax(axis=1)


def nearest(x, y, x_test):
    """The label (M,) of each test image's nearest training image, by ‖a − b‖² = ‖a‖² − 2 a·b + ‖b‖²."""
    a, b = x.reshape(len(x), -1), x_test.reshape(len(x_test), -1)
    half = (a * a).sum(axis=1) / 2                                          # ‖b‖² is the same for all a
    parts = [y[(half - b[i:i + 500] @ a.T).argmin(axis=1)] for i in range(0, len(b), 500)]
    return np.concatenate(parts)


def pca(x, k):
    """The mean (D,), the k axes of largest variance (D, k), and all D variances, falling, of x (N, D).

    The axes are eigenvectors of the covariance, here over N and not N − 1   (Pearson 1901).
    """
    mean = x.mean(axis=0)
    centred = x - mean
    variances, axes = np.linalg.eigh(centred.T @ centred / len(x))          # rising
    return mean, axes[:, ::-1][:, :k], np.maximum(variances[::-1], 0)
