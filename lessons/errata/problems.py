"""What the course notes (001) say of under-constrained problems."""
import numpy as np

from lessons import judge
from lessons.errata import erratum
from minidl import Tensor, grad, losses, ops, optim, train


def nearer_mean(x, y, new):
    """The class (M,), 0 or 1, whose mean in x (N, D), with labels y (N,), is nearer to each of new (M, D)."""
    far0, far1 = (((new - x[y == side].mean(axis=0)) ** 2).sum(axis=1) for side in (0, 1))
    return np.where(far1 < far0, 1, 0)


@erratum("E61", "word", lesson="11",
         ask="There are ten equations for five unknowns: three say something new, seven are mixtures of "
             "these three.  Is the problem under-constrained?  Along how many directions may the answer "
             "still move?",
         right="the rank, here 3, counts, and not the number of constraints: 5 − 3 = 2 directions are free",
         shows="five unknowns, ten equations, rank 3: free directions", says=0, near=2, within=1e-9)
def free_directions(rng):
    three, mixing = rng.normal(size=(3, 5)), rng.normal(size=(7, 3))
    stretched = np.linalg.svd(np.vstack([three, mixing @ three]))[1]        # by how much, along five axes
    return (stretched < 1e-10 * stretched[0]).sum()


@erratum("E23", "left out", lesson="11",
         ask="Two columns of X are equal, so the lasso makes ½ (2 − w₁ − w₂)² + |w₁| + |w₂| small.  Descent "
             "starts at (0, 0), and again at (1.2, 0.6).  Where does each end, and how many weights are zero "
             "there?",
         right="for equal columns the lasso has many answers, and no weight need be zero: it ends at (½, ½) "
               "and at (0.8, 0.2), which cost the same; ridge and elastic net have one answer",
         shows="lasso from two starts: how far apart w₁ ends", near=0.3, within=1e-9)
def two_answers(rng):
    w = Tensor(np.array([[0.0, 1.2], [0.0, 0.6]]))                          # (2, 2): a start in each column
    def lasso():
        return 0.5 * ((2 - w.sum(axis=0)) ** 2).sum() + losses.l1([w])
    train.descend(lasso, optim.SGD([w], 0.1), steps=200)
    return abs(w.numpy()[0, 1] - w.numpy()[0, 0])


@erratum("E58", "word", lesson="11",
         ask="Three columns of X are neighbours; least squares gives them the weights 0, 3, 0.  The elastic "
             "net makes ½ ‖w − (0, 3, 0)‖² + ½ Σ |w| + ¼ Σ w² small.  Does it pull the neighbours of the 3 "
             "up?",
         right="it shrinks, and makes equal columns' weights equal, but knows no neighbours: here each "
               "weight goes by itself, 3 to (3 − ½)/(1 + ½) = 5/3, and 0 to 0",
         shows="elastic net: height of the middle weight above the mean of its neighbours", near=5 / 3,
         within=1e-9)
def height_of_the_middle(rng):
    w, fit = Tensor(np.zeros((3, 1))), Tensor(np.array([[0.0], [3], [0]]))
    def elastic():
        return 0.5 * ((w - fit) ** 2).sum() + losses.elastic_net([w], mix=0.5)
    train.descend(elastic, optim.SGD([w], 0.2), steps=100)
    return (w[1] - (w[0] + w[2]) / 2).item()


@erratum("E25", "word", lesson="12",
         ask="The prior for w is N(0, 1).  We observe y = w + noise from N(0, 1): the posterior has the mean "
             "y/2 and the variance ½.  Take y/2 ± 1.96 √½ as the set of solutions.  How often is the true w "
             "in it?",
         right="the posterior is a density and no set: it excludes no w, and where prior and noise are as "
               "assumed, 95 % of all w are in this part of it",
         shows="prior and noise true: share of w in the posterior's band", says=1, near=0.95, within=0.0035)
def share_in_the_band(rng):
    w = rng.normal(size=100_000)
    y = w + rng.normal(size=100_000)
    return (abs(w - y / 2) < 1.96 * 0.5 ** 0.5).mean()


@erratum("E59", "overclaim", lesson="13",
         ask="Both classes have the mean 0 and the deviation 3 along x.  Along y class 0 has the mean −1, "
             "class 1 the mean 1, and both the deviation ½.  PCA keeps one number of each point.  From this "
             "number, for what share of the points can one tell the class?",
         right="PCA keeps what varies most, and that may be irrelevant: here it keeps x, from which one "
               "guess in two is right; from y it would be 97.7 %",
         shows="share of new points whose class PCA's number tells", says=0.977, near=0.5, within=0.0177)
def told_by_pca(rng):
    side = np.arange(20_000) % 2                                            # the class of each point
    middles = np.stack([0 * side, 2 * side - 1], axis=1)
    fitted, new = rng.normal(size=(2, 20_000, 2)) * [3, 0.5] + middles
    axis = judge.pca(fitted, 1)[1]                                          # (2, 1)
    return (nearer_mean(fitted @ axis, side, new @ axis) == side).mean()


@erratum("E52", "left out", lesson="14",
         ask="X w should be y, and w is (3, 4).  X may be wrong by any matrix D of length 1: the root of "
             "the sum of its squares.  By how much can the worst D make the error X w − y longer?",
         right="the loss in the worst case is made small; where it is the length of X w − y this is a "
               "penalty: D of length r adds at most r ‖w‖, here 5, and the D along the gradient adds as much",
         shows="D of length 1 along the gradient, w = (3, 4): length added to X w − y", near=5, within=1e-8)
def length_added(rng):
    x, y, w = Tensor(rng.normal(size=(6, 2))), Tensor(rng.normal(size=(6, 1))), Tensor(np.array([[3.0], [4]]))
    def length(x):
        return ops.sum((x @ w - y) ** 2) ** 0.5
    slope, = grad(length(x), [x])
    worst = Tensor(x.array + slope / (slope ** 2).sum() ** 0.5)
    return (length(worst) - length(x)).item()


@erratum("E24", "overclaim", lesson="15",
         ask="The labels of 50 examples are tosses of a coin, so every rule is wrong on about half of the "
             "new ones.  From 1,000 features of noise somebody chooses the 20 whose class means differ most, "
             "and then cross-validates.  What share of wrong answers does that report?",
         right="cross-validation measures, it ensures nothing; and where the tested fold had a part in a "
               "choice, as here, it measures wrongly: about 7 % in place of 50 %",
         shows="coins, features chosen from all 50 examples: share wrong in cross-validation", says=0.5,
         below=0.25)
def reported_wrong(rng):
    x, y = rng.normal(size=(50, 1000)), rng.integers(2, size=50)
    best = abs(x[y == 1].mean(axis=0) - x[y == 0].mean(axis=0)).argsort()[-20:]
    x = x[:, best]                                                          # the leak: chosen by all labels
    parts = [(np.delete(x, fold, axis=0), np.delete(y, fold), fold) for fold in judge.folds(50, 10, rng)]
    wrong = [nearer_mean(rest, labels, x[fold]) != y[fold] for rest, labels, fold in parts]
    return np.mean(wrong)


@erratum("E60", "overclaim", lesson="15",
         ask="Five examples weigh 0.2 each, and AdaBoost's first tree gets one wrong.  Right ones are "
             "multiplied by √(1/4), the wrong one by √4, and all are divided by their sum.  What does the "
             "wrong one weigh?",
         right="bagging and forests take a mean; boosting weighs the examples anew: in AdaBoost, what a tree "
               "got wrong, be it much or little, has half of all weight in the next round",
         shows="AdaBoost, a tree wrong for a fifth: weight of the wrong in the next round", says=0.2,
         near=0.5, within=1e-9)
def weight_of_the_wrong(rng):
    x = rng.normal(size=1000)
    right = (x > 0) == (x + 0.7265 * rng.normal(size=1000) > 0)             # the tree asks: is x > 0?
    e = 1 - right.mean()                                                    # about a fifth, by the 0.7265
    alpha = np.log((1 - e) / e) / 2
    weight = np.where(right, np.exp(-alpha), np.exp(alpha))
    return weight[~right].sum() / weight.sum()


@erratum("E69", "overclaim", lesson="31",
         ask="Half of all x are from N(−1.5, 1), half from N(1.5, 1).  All above 1.5 are blue, the others "
             "red, and labels have put the boundary at 1.5.  Then k-means moves it, by 100,000 x without a "
             "label, to the gap between the clumps.  What share of all x is now wrong?",
         right="unlabelled data show where gaps are; only if the classes change in the gaps do they help: "
               "here the boundary goes to 0, and 24.9 % are wrong",
         shows="blue above 1.5, boundary moved by k-means: share wrong", says=0, near=0.2493, within=0.009)
def harm_of_the_unlabelled(rng):
    x = rng.normal(size=100_000) + rng.choice([-1.5, 1.5], size=100_000)
    boundary = 1.5
    for step in range(30):                                                  # k-means, two centres
        boundary = (x[x < boundary].mean() + x[x >= boundary].mean()) / 2
    return ((x > boundary) != (x > 1.5)).mean()
