"""
Early stopping: when to leave off
=================================

Trained for too long, a network learns its examples by heart and gets worse at everything else.  How does one
notice in time, and what is left to do when one notices too late?

Needs: lesson 02.
From: the course notes (001), "Early Stopping"; lessons/DOCUMENTS.md says what they are.
New words: early stopping, patience, overfitting, by heart, ridge, curvature.
Time: quick 6 s, full 1 min on two cores.
"""
import numpy as np

from lessons import judge, networks
from lessons.lesson import begin
from minidl import Tensor, backend, losses, nn, optim, plot, train

lesson = begin("07_early_stopping")

# %%
# Six epochs by hand
# ------------------
# An epoch is one pass over the training examples.  After each epoch, the course notes (001) measure the loss
# on the validation set, examples that the network is not trained on.  (Lesson 02, "Train, validation, test",
# says why there are three sets.)  Their table is:
#
#     epoch               1     2     3     4     5     6
#     training loss     0.50  0.40  0.35  0.33  0.32  0.30
#     validation loss   0.60  0.55  0.53  0.52  0.51  0.52
#
# The validation loss is smallest at epoch 5.  *Early stopping* keeps a copy of the best network so far.  It
# stops when `patience` epochs in a row have brought no better one, and the copy takes the network's place.
# With patience p this run stops at epoch 5 + p and restores epoch 5.  To see that it does, we use a model of
# one number: the epoch that it was trained to.
VALIDATION = [0.60, 0.55, 0.53, 0.52, 0.51, 0.52]

class Bookmark(nn.Module):
    """A model that learns nothing but which epoch it is."""
    def __init__(self):
        self.epoch = Tensor(0.0)

def replay(validation, patience):
    """The epoch at which training stops and the one that is restored, for a list of validation losses."""
    model, stop = Bookmark(), train.EarlyStopping(patience)
    for epoch, loss in enumerate(validation, start=1):
        model.epoch.array[...] = epoch                          # "training"
        if stop.update(epoch, {"validation loss": loss}, model):
            break
    stop.restore(model)
    return epoch, int(model.epoch.item())

# %%
ends = replay(VALIDATION, patience=1)
lesson.check("the table of 001: it stops at epoch 6 and restores epoch 5", ends == (6, 5), ends)
risen = VALIDATION + [0.52 + 0.01 * i for i in range(1, 20)]    # the loss goes on as it began to
stops = [replay(risen, p) for p in (1, 2, 5, 10)]
lesson.check("patience 1, 2, 5, 10: it stops at 5 + p", stops == [(6, 5), (7, 5), (10, 5), (15, 5)], stops)

# %%
# A run that goes too far
# -----------------------
# A network *overfits* when it learns what is true of its training examples only.  To see it, we give it few
# images, and one training label in five is false: drawn at random among the nine wrong digits.  Validation
# and test labels stay true.  A network that answers with the false labels knows them *by heart*: nothing in
# the image says them.  The patience is the whole run, so nothing stops it; only the best network is kept.
(x, y), (x_test, y_test) = lesson.images(flat=True)                                         # x (N, pixels)
few, batch, rate, held_out = lesson.pick(digits=(300, 20, 0.003, 360), mnist=(1000, 50, 0.002, 1000))
epochs, runs = 40, 12
rng = lesson.rng("runs")

def spoil(labels):
    """The labels with one in five false, and which those are."""
    spoiled, false = labels.copy(), rng.permutation(len(labels))[:len(labels) // 5]
    spoiled[false] = (spoiled[false] + rng.integers(1, 10, len(false))) % 10
    return spoiled, false

validation = x[-held_out:], y[-held_out:]

# %%
def cross_entropy(model, x, y):
    return losses.cross_entropy(model(x), y)

def run():
    """The history of one run, and its network as it was in the best epoch."""
    chosen = rng.permutation(len(x) - held_out)[:few]
    labels, false = spoil(y[chosen])
    model = networks.mlp(x.shape[1], 128, 128, 10)
    looks = {"test loss": lambda model: train.evaluate(model, cross_entropy, (x_test, y_test)),
             "right": lambda model: train.accuracy(model, x_test, y_test),
             "by heart": lambda model: train.accuracy(model, x[chosen][false], labels[false])}
    history = train.fit(model, cross_entropy, (x[chosen], labels), validation=validation, metrics=looks,
                        optimizer=optim.Adam(model.parameters(), rate), epochs=epochs, batch_size=batch,
                        stop=train.EarlyStopping(patience=epochs), quiet=True)
    return history, model

# %%
histories = []
for i in range(runs):
    history, model = run()
    histories.append(history)
    print(f"run {i + 1} of {runs}: the best of {epochs} epochs is {history.best_epoch}", flush=True)
least, again = min(history["validation loss"]), train.evaluate(model, cross_entropy, validation)
lesson.check("the restored network has the smallest validation loss of its run", again == least, again)

# %%
first = histories[0]
top = 1.2 * first["test loss"][-1]                              # what is above would hide the turn
names = {"training": "loss", "validation": "validation loss", "test": "test loss"}
shown = {name: np.where(np.array(first[key]) < top, first[key], np.nan) for name, key in names.items()}
figure = plot.curves(shown, ylabel="cross-entropy (nats per image)", marks={"best": first.best_epoch})
ax, = figure.axes
for other in histories[1:]:
    ax.plot(range(1, epochs + 1), other["validation loss"], color="#cccccc", linewidth=0.7, zorder=0)
ax.set_ylim(0, top)
lesson.picture(figure, "curves", f"Look where each loss turns.  This run's validation loss is least at epoch "
               f"{first.best_epoch}.  Grey: the validation loss of the {runs - 1} other runs.")

# %%
# What does the stop save?
# ------------------------
# Guess first: which gets worse after the best epoch, the test loss, the share of test images read correctly,
# or both?  A difference is divided by the standard error of its mean over the runs; above 2 is hardly chance.
bests = [history.best_epoch for history in histories]
last = [epochs] * runs

def at(name, epoch_of):
    """(R,): what each of R runs measured under `name`, at the epochs given, counted from 1."""
    return np.array([history[name][epoch - 1] for history, epoch in zip(histories, epoch_of)])

lesson.table([(name, at(name, bests).mean(), at(name, last).mean()) for name in first],
             header=("mean of the runs", "best epoch", f"epoch {epochs}"))
saved = at("test loss", last) - at("test loss", bests)
lesson.claim("test loss, last epoch over best, in standard errors", judge.standard_errors(saved), above=2)
gained = judge.standard_errors(at("right", bests) - at("right", last))
lesson.claim("share right, best epoch over last, in standard errors", gained, above=2)

# %%
# The rival: a fixed number of epochs
# -----------------------------------
# Must one watch each run?  The rival trains for a fixed number of epochs: the mean of the best epochs of the
# *other* runs.  What share of the saving does it reach?  Close to 1 would mean that watching is worth little
# once somebody has found the number.  But the number belongs to this network, this rate, this many images.
fixed = [round((sum(bests) - best) / (runs - 1)) for best in bests]
share = (at("test loss", last) - at("test loss", fixed)).mean() / saved.mean()
lesson.claim("share of the saving that a fixed number of epochs reaches", share, above=0.5)
lesson.record("test loss, fixed over watched, in standard errors",
              judge.standard_errors(at("test loss", fixed) - at("test loss", bests)))

# %%
# What goes wrong: too little patience, or no copy
# ------------------------------------------------
# Early stopping only watches, so we compare patiences by a replay of the same runs.  "Saved" is the test loss
# after the last epoch less that of the network that one gets; "±" is the standard error of its mean.  "No
# copy" is what is saved when the network stays as it is at the stop, p epochs too late.
patiences = [1, 2, 4, 8, 16]
outcome = np.array([[replay(history["validation loss"], p) for history in histories] for p in patiences])
spent, restored = outcome[..., 0], outcome[..., 1]                                          # (P, R) each
with_copy, no_copy = (at("test loss", last) - np.array([at("test loss", epoch_of) for epoch_of in chosen])
                      for chosen in (restored, spent))                                      # (P, R) each
error = with_copy.std(axis=1, ddof=1) / runs ** 0.5
lesson.table(zip(patiences, spent.mean(axis=1), restored.mean(axis=1), with_copy.mean(axis=1), error,
                 no_copy.mean(axis=1)),
             header=("patience", "epochs spent", "restores", "saved", "±", "no copy"))
too_soon = judge.standard_errors(np.array(bests) - restored[0])
lesson.record("epochs by which patience 1 misses the best, in standard errors", too_soon)
lesson.claim("patience 16: what the copy saves, in standard errors",
             judge.standard_errors(with_copy[-1] - no_copy[-1]), above=2)

# %%
figure = plot.curves({"with the copy": (spent.mean(axis=1), with_copy.mean(axis=1)),
                      "without": (spent.mean(axis=1), no_copy.mean(axis=1))},
                     xlabel="epochs spent (mean of the runs)", ylabel="test loss saved (nats per image)",
                     marks={f"{p}": epoch for p, epoch in zip(patiences, spent.mean(axis=1))})
lesson.picture(figure, "patience", "Look what a patience of 1, 2, 4, 8, 16 (at the top) costs in epochs, and "
               "what it saves with and without the copy of the best network.")

# %%
# Why it works: a bowl with a pencil
# ----------------------------------
# Let the loss be a bowl, ½ Σ λᵢ (wᵢ − wᵢ*)².  The *curvature* λ is large along a steep axis, small on a flat
# one.  A step w ← w − η λ (w − w*) multiplies the distance to the bottom w* by 1 − ηλ.  From w = 0, after τ
# steps, with s = η τ λ:
#
#     w = [1 − (1 − ηλ)^τ] w*  ≈  (1 − e^−s) w*
#
# Box: *ridge* goes to the end, but pays ½ α ‖w‖² for large weights.  The slope λ (w − w*) + α w is 0 at
#
#     w = λ / (λ + α) w*      which is, with α = 1/(ητ),      s / (1 + s) w*
#
# For small s both keep about s, so a stop at step τ is said to be a ridge of α = 1/(ητ).  But a stop keeps
# more: at most 1.30 times as much.  And this is a bowl: a network's curvatures change on the way.
curvature, bottom, eta, tau = np.array([1.0, 0.1]), np.array([1.0, 10.0]), 0.05, 100
w = Tensor(np.zeros(2))
pull, goal = backend.to_device(curvature), backend.to_device(bottom)
train.descend(lambda: (pull * (w - goal) ** 2).sum() * 0.5, optim.SGD([w], eta), steps=tau)
stopped = (1 - (1 - eta * curvature) ** tau) * bottom
ridge = curvature / (curvature + 1 / (eta * tau)) * bottom
lesson.record("(w₁ steep, w₂ flat), stopped at step 100; ridge, α = 0.2", (stopped, ridge))
gap = abs(w.numpy() - stopped).max()
lesson.check("100 steps of descent land on [1 − (1 − ηλ)^τ] w*, to 1e-12", gap < 1e-12, gap)
s = np.geomspace(0.02, 50, 10001)
ratio = (1 - np.exp(-s)) / (s / (1 + s))
lesson.check("a stop keeps at most 1.30 times what ridge keeps, at s = 1.79",
             abs(ratio.max() - 1.298) < 1e-3 and abs(s[ratio.argmax()] - 1.79) < 0.01, ratio.max())

# %%
figure = plot.curves({"stopping": (s, 1 - np.exp(-s)), "ridge": (s, s / (1 + s))}, log="x",
                     xlabel="s = η τ λ: steps times curvature", ylabel="share of w* that is kept")
lesson.picture(figure, "ridge", "Both keep steep axes (large s), and give up flat ones (small s).  A stop "
               "keeps more than ridge, most of all near s = 1.79.")

# %%
# What goes wrong: three sentences of the course notes
# ----------------------------------------------------
# "Early stopping will halt the training process at epoch 5, preventing further overfitting." (001, Example of
# Early Stopping)  It is known at epoch 6 at the earliest: had that brought 0.50, all before were the same.
#
# "Early stopping is a strategy to avoid overfitting by halting training before the model becomes too complex
# and starts to memorize the training data." (001, Why Early Stopping is Needed)  It stops when the harm
# outweighs the gain.  Guess first: how many false labels does the best network know by heart?  One that only
# guesses among the nine wrong digits hits one in nine.  Task 3 asks what the validation labels do to this.
#
# "This technique involves monitoring the validation error during training and stopping the training process
# when the validation error starts to increase." (001, Regularizing Autoencoders, 6)  That is patience 1.
# Look in the table above how much too early that is, and what it costs.
other_future = VALIDATION[:5] + [0.50, 0.51]
two = [replay(future, patience=1) for future in (VALIDATION, other_future)]
lesson.check("after five equal epochs two runs end differently", two == [(6, 5), (7, 6)], two)
lesson.claim("false labels known by heart at the best epoch", at("by heart", bests).mean(), above=1 / 9)
learned = judge.standard_errors(at("by heart", last) - at("by heart", bests))
lesson.claim("by heart, last epoch over best, in standard errors", learned, above=2)
shares = {name: np.mean([history[name] for history in histories], axis=0) for name in ("right", "by heart")}
figure = plot.curves({"test images right": shares["right"], "false labels by heart": shares["by heart"]},
                     ylabel="share, mean of the runs", marks={"best (mean)": np.mean(bests)})
lesson.picture(figure, "by_heart", "Look which comes first, to read digits or to know false labels by heart, "
               "and how many of those the best network knows.")

# %%
# Try it yourself
# ---------------
# 1. Easy: the validation losses are 0.5, 0.4, 0.41, 0.42, 0.3, 0.35.  Which patience finds the 0.3?
# 2. Easy: descend the bowl with η = 1.9.  What is kept of the steep axis after 1, 2, 3 steps?  With η = 2.1?
# 3. Hard: make one validation label in five false, too.  What is known by heart at the best epoch now?
#
# Remember
# --------
# - Keep a copy of the network with the smallest validation loss; stop p epochs after it; put the copy back.
# - The best epoch is known only afterwards.  Patience is the price, and the copy makes it harmless.
# - After the best epoch the loss rises, fewer digits are read, and false labels are learned by heart.
# - On a bowl a stop at step τ is like ridge with α = 1/(ητ), but not equal to it.
#
# Sources
# -------
# The course notes (001), "Early Stopping", and "Regularizing Autoencoders", 6.
# L. Prechelt (1998), Early stopping – but when?
# D. Arpit et al. (2017), A closer look at memorization in deep networks.
# I. Goodfellow, Y. Bengio and A. Courville (2016), Deep Learning, §7.8.
# A. Ali, J. Z. Kolter and R. Tibshirani (2019), A continuous-time view of early stopping for least squares.
lesson.end()
