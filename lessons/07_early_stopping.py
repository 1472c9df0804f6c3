"""
Early stopping: when to leave off
=================================

Trained for too long, a network learns its examples by heart and gets worse at everything else.  How does one
notice in time, and what is left to do when one notices too late?

Needs: lesson 02.
From: 001, "Early Stopping", and "Autoencoders" §6, "Other Regularization Techniques".
Time: quick 6 s, full 1 min on two cores.
"""
import numpy as np

from lessons.book import begin
from minidl import Tensor, backend, losses, nn, optim, plot, train

lesson = begin("07_early_stopping")

# %%
# Six epochs by hand
# ------------------
# An epoch is one pass over the training examples.  After each, 001 measures the loss on examples that the
# network is not trained on, the validation set.  Its table is:
#
#     epoch               1     2     3     4     5     6
#     training loss     0.50  0.40  0.35  0.33  0.32  0.30
#     validation loss   0.60  0.55  0.53  0.52  0.51  0.52
#
# The training loss falls to the end.  The validation loss is best at epoch 5.  Early stopping keeps a copy of
# the best network so far, and stops once `patience` epochs in a row have brought no better one.  Then the
# copy takes the network's place.  To see that it does, we use a model of one number, which is the epoch it
# was trained to.
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

stopped, restored = replay(VALIDATION, patience=1)
lesson.claim("001's table: it stops at epoch 6 and restores epoch 5", (stopped, restored) == (6, 5),
             (stopped, restored))

# %%
# What goes wrong: stopping at epoch 5
# ------------------------------------
# 001 says that training halts "at epoch 5".  It cannot.  At the end of epoch 5 the loss has fallen four times
# out of four, and nothing tells the bottom from a halt.  Had epoch 6 brought 0.50, the first five rows would
# have been the same, so any rule that stops after them would have missed it.  That epoch 5 was the best is
# known at epoch 6 at the earliest: there `patience=1` stops.
other_future = VALIDATION[:5] + [0.50, 0.51]
five = replay(VALIDATION[:5], patience=1)                       # it ran out of epochs: nothing stopped it
both = [replay(VALIDATION, patience=1), replay(other_future, patience=1)]
lesson.claim("that epoch 5 was the best is known at epoch 6, not before",
             five == (5, 5) and both == [(6, 5), (7, 6)], both)

# %%
# With patience p, five epochs are good and p are not: the run stops at 5 + p, if nothing better comes, and
# restores epoch 5.  001's table ends at 6, so we let the loss rise by 0.01 an epoch, as it began to.
patiences = [1, 2, 3, 5, 10]
risen = VALIDATION + [0.52 + 0.01 * i for i in range(1, 20)]
ends = [replay(risen, p) for p in patiences]
lesson.table([(p, *end) for p, end in zip(patiences, ends)], header=("patience", "stops at", "restores"))
lesson.claim("with patience p it stops at 5 + p and restores 5", ends == [(5 + p, 5) for p in patiences],
             ends)

# %%
# A real run
# ----------
# To see overfitting one needs a large network and few examples: here, hundreds of weights for every image.
# We make five runs, each with 300 training images and starting weights of its own.  The validation set is the
# end of the training part, the test set is what the data came with: other hands wrote them, so the two losses
# need not agree.  `stop` never stops here, for its patience is the whole run.  It only keeps the best
# network.
(x, y), (x_test, y_test) = lesson.images()
x, x_test = x.reshape(len(x), -1), x_test.reshape(len(x_test), -1)          # (N, pixels)
held_out = 1000 if lesson.data == "mnist" else 360
few, epochs, runs = 300, 40, 5
rate = 0.002 if lesson.data == "mnist" else 0.005
validation = x[-held_out:], y[-held_out:]

def loss(model, x, y):
    return losses.cross_entropy(model(x), y)

def run():
    """The history of one run, and its network as it was in the best epoch."""
    chosen = backend.rng().permutation(len(x) - held_out)[:few]
    model = nn.Sequential(nn.Dense(x.shape[1], 256), nn.ReLU(),
                          nn.Dense(256, 256), nn.ReLU(), nn.Dense(256, 10))
    history = train.fit(model, loss, (x[chosen], y[chosen]), optimizer=optim.Adam(model.parameters(), rate),
                        epochs=epochs, batch_size=20, validation=validation, quiet=True,
                        stop=train.EarlyStopping(patience=epochs),
                        metrics={"test loss": lambda model: train.evaluate(model, loss, (x_test, y_test)),
                                 "right": lambda model: train.accuracy(model, x_test, y_test)})
    return history, model

# %%
histories = []
for i in range(runs):
    history, model = run()
    histories.append(history)
    print(f"run {i + 1} of {runs}: the best of {epochs} epochs is {history.best_epoch}")
lesson.record("weights and biases for each training image", model.count() / few)
least, again = min(history["validation loss"]), train.evaluate(model, loss, validation)
lesson.claim("the restored network has the smallest validation loss of its run", again == least, again)

first = histories[0]
curves = {"train": first["loss"], "validation": first["validation loss"], "test": first["test loss"]}
figure = plot.curves(curves, ylabel="cross-entropy (nats per image)",
                     marks={f"best: epoch {first.best_epoch}": first.best_epoch})
for other in histories[1:]:
    ax = figure.axes[0]
    ax.plot(range(1, epochs + 1), other["validation loss"], color="#cccccc", linewidth=0.8, zorder=0)
lesson.picture(figure, "curves",
               "One run: the training loss goes to 0, the others turn.  Grey: four more runs")

# %%
# What did the stop save?  A table of the best epoch beside the last one, in means over the five runs.
# "Right" is the share of test images that is read correctly.
bests = [history.best_epoch for history in histories]

def at(name, epoch_of):
    """(R,): what each of R runs measured under `name`, at the epochs given, counted from 1."""
    return np.array([history[name][epoch - 1] for history, epoch in zip(histories, epoch_of)])

names = ["loss", "validation loss", "test loss", "right"]
lesson.table([(name, at(name, bests).mean(), at(name, [epochs] * runs).mean()) for name in names],
             header=("mean of five runs", "best epoch", f"epoch {epochs}"))
saved = at("test loss", [epochs] * runs) - at("test loss", bests)
mean, error = saved.mean(), saved.std(ddof=1) / runs ** 0.5          # the mean's standard error
lesson.claim("the last epoch costs more test loss than the best, by over 2 standard errors (mean, error)",
             mean > 2 * error, (mean, error))

# %%
# Two things in that table are not in 001.  First, early stopping does not "prevent" overfitting: at the best
# epoch the training loss is already far below the others.  It leaves when the harm begins to outweigh the
# gain.  Second, while the loss gets worse, the share of right answers does not; it may even rise a little.  A
# network that overfits grows too sure: its wrong answers become confident ones, which cost −log p, while the
# right ones stay right.  So choose by what you need.  For probabilities watch the loss, for answers alone
# watch the errors.
gap = at("test loss", bests) / at("loss", bests)
lesson.claim("at the best epoch the training loss is already below the test loss (test / training)",
             gap.min() > 1, gap)
change = at("right", [epochs] * runs) - at("right", bests)
lesson.record("change in the share that is right, best to last epoch (mean, standard error)",
              (change.mean(), change.std(ddof=1) / runs ** 0.5))

# %%
# What goes wrong: too little patience, too much, or no copy
# ----------------------------------------------------------
# A validation loss is noisy: the batches are small and the steps large.  To compare patiences no new training
# is needed: early stopping only watches, so we replay the same five runs to it.  More patience can only find
# a better validation loss, for it sees everything that less patience saw; but that is no promise about the
# test set.
patiences = [1, 2, 4, 8, 16]
outcome = np.array([[replay(history["validation loss"], p) for history in histories] for p in patiences])

spent, chosen = outcome[..., 0], outcome[..., 1]                  # (P, R) each
found = np.array([at("validation loss", epoch_of) for epoch_of in chosen])
lesson.claim("more patience never restores a worse validation loss, and never stops sooner",
             (np.diff(found, axis=0) <= 0).all() and (np.diff(spent, axis=0) >= 0).all(), found.mean(axis=1))

# %%
# "Saved" is the test loss after the last epoch less the one restored, run by run, so that what makes a run
# good or bad as a whole drops out.  "±" is the standard error of its mean: the deviation between runs,
# divided by √5.  Two rows that differ by less are not known to differ.  "No copy" is what is saved by
# stopping alone, when the network stays as it was at the stop, p epochs too late.
last = at("test loss", [epochs] * runs)
saved = last - np.array([at("test loss", epoch_of) for epoch_of in chosen])                 # (P, R)
no_copy = last - np.array([at("test loss", epoch_of) for epoch_of in spent])
error = saved.std(axis=1, ddof=1) / runs ** 0.5
lesson.table(zip(patiences, spent.mean(axis=1), found.mean(axis=1), saved.mean(axis=1), error,
                 no_copy.mean(axis=1)),
             header=("patience", "epochs spent", "validation loss", "saved", "±", "no copy"))
step = saved[-1] - saved[2]
lesson.record("saved by patience 16 rather than 4 (mean, standard error)",
              (step.mean(), step.std(ddof=1) / runs ** 0.5))

# %%
import matplotlib.pyplot as plt

with plt.rc_context(plot.STYLE):
    figure, ax = plt.subplots(figsize=(plot.WIDTH, 3))
    ax.plot(spent, saved, color="#cccccc", linewidth=0.8)
    ax.errorbar(spent.mean(axis=1), saved.mean(axis=1), error, color=plot.COLOURS[0], marker="o", capsize=3)
    for p, at_x, at_y in zip(patiences, spent.mean(axis=1), saved.mean(axis=1) + error):
        ax.annotate(f"p = {p}", (at_x, at_y), (0, 4), textcoords="offset points", ha="center")
    ax.axhline(0, color=plot.INK, linewidth=0.6, zorder=0)
    ax.set(xlabel="epochs spent", ylabel="test loss saved (nats per image)")
lesson.picture(figure, "patience",
               "What patience p costs and saves; bars: ± one standard error; grey: each run")

# %%
# Why it works: a bowl with a pencil
# ----------------------------------
# Let the loss be a bowl, ½ Σ λᵢ (wᵢ − wᵢ*)², steep along one axis and flat along the other.  (Any quadratic
# is one, seen along the right axes.)  A step of gradient descent is w ← w − η λ (w − w*), so the distance to
# the bottom w* shrinks by 1 − ηλ.  From w = 0, after τ steps:
#
#     wᵢ = [1 − (1 − ηλᵢ)^τ] wᵢ*  ≈  (1 − e^−s) wᵢ*          s = η τ λᵢ
#
# Ridge (lesson 11) instead goes to the end, but pays ½ α ‖w‖² for large weights.  Where λ (w − w*) + α w = 0,
#
#     wᵢ = λᵢ / (λᵢ + α) wᵢ*      with α = 1/(ητ):   s / (1 + s) wᵢ*
#
# For small s both are s − …: so stopping at step τ is said to act like a ridge of α = 1/(ητ).  Both keep what
# is steep, which the data speak of loudly, and give up what is flat.  But s − s²/2 is not s − s².
curvature, bottom, rate, steps = np.array([1.0, 0.1]), np.array([1.0, 10.0]), 0.05, 100     # λ, w*, η, τ
w = Tensor(np.zeros(2))
descent = optim.SGD([w], learning_rate=rate)
path, (λ, goal) = [w.array.copy()], map(backend.to_device, (curvature, bottom))
for _ in range(20 * steps):
    train.train_step(lambda: (λ * (w - goal) ** 2).sum() * 0.5, descent)
    path.append(w.array.copy())
path = list(map(backend.to_host, path))
stopped = (1 - (1 - rate * curvature) ** steps) * bottom
ridge = curvature / (curvature + 1 / (rate * steps)) * bottom

# %%
error = abs(path[steps] - stopped).max()
lesson.table([("stopped at step 100", *stopped), ("ridge, α = 0.2", *ridge), ("bottom", *bottom)],
             header=("", "w₁ (steep)", "w₂ (flat)"))
lesson.claim("100 steps of descent land on [1 − (1 − ηλ)^τ] w*, to 1e-12", error < 1e-12, path[steps])
kept, kept_by_ridge = stopped / bottom, ridge / bottom
lesson.claim("both keep more of the steep axis than of the flat one",
             kept[0] > kept[1] and kept_by_ridge[0] > kept_by_ridge[1], (kept, kept_by_ridge))
lesson.claim("they are not equal: stopping keeps more on both axes", (kept > kept_by_ridge).all(),
             kept - kept_by_ridge)

# %%
# Nor does another α help.  The α that would keep as much as stopping does is λ (1/kept − 1): one value for
# the steep axis, another for the flat one.  Along the whole way the two paths differ, and the more so the
# more the curvatures do.  The rule is honest where s is small: there (1 − e^−s) / (s/(1 + s)) = 1 + s/2 − …
#
# And it is a rule for bowls and small steps.  A network's loss is neither quadratic nor does its curvature
# stand still, so nothing here says which weight decay (lesson 10) a stop is worth.
alphas = curvature * (1 / kept - 1)
lesson.claim("no single α would do: the flat axis asks for more than the steep one", alphas[1] > alphas[0],
             alphas)
s = np.array([0.01, 0.1, 1])
ratio = (1 - np.exp(-s)) / (s / (1 + s))
lesson.claim("stopping keeps 1 + s/2 times as much, up to s² (s = 0.01, 0.1, 1)",
             (abs(ratio - 1 - s / 2) < s ** 2).all(), ratio)

# %%
s, path, alpha = np.geomspace(0.02, 50, 200), np.array(path), np.geomspace(1e-3, 1e2, 200)[:, None]
ridges = curvature / (curvature + alpha) * bottom               # (A, 2)
with plt.rc_context(plot.STYLE):
    figure, (left, right) = plt.subplots(ncols=2, figsize=(plot.WIDTH, 3))
    w1, w2 = np.meshgrid(np.linspace(-0.1, 1.3), np.linspace(-1, 11))
    left.contour(w1, w2, (w1 - 1) ** 2 + 0.1 * (w2 - 10) ** 2, np.arange(8) ** 2 / 5,
                 colors="#dddddd", linewidths=0.7)
    for ax, (x1, y1), (x2, y2) in ((left, path.T, ridges.T), (right, (s, 1 - np.exp(-s)), (s, s / (1 + s)))):
        ax.plot(x1, y1, color=plot.COLOURS[0])
        ax.plot(x2, y2, color=plot.COLOURS[1], linestyle=plot.DASHES[1])
    left.plot(*stopped, "o", color=plot.COLOURS[0])
    left.plot(*ridge, "o", color=plot.COLOURS[1])
    left.plot(*bottom, "+", color=plot.INK)
    left.set(xlabel="w₁ (steep)", ylabel="w₂ (flat)")
    right.set(xlabel="s = η τ λ", ylabel="share of w* that is kept", xscale="log")
    right.text(1, 0.75, "stopping", ha="right", color=plot.COLOURS[0])
    right.text(2, 0.5, "ridge", color=plot.COLOURS[1])
lesson.picture(figure, "ridge",
               "From 0 to the bottom (+), by descent or by ridge; dots: step 100 and α = 0.2")

# %%
# Try it yourself
# ---------------
# 1. Give `replay` the losses 0.5, 0.4, 0.41, 0.42, 0.3, 0.35.  Which patience does it need to find the 0.3?
# 2. Let EarlyStopping watch the training loss, monitor="loss".  Which epoch does it restore, and why?
# 3. Descend the bowl with η = 1.9.  What is kept of the steep axis after 1, 2, 3 steps?  And with η = 2.1?
#
# Sources
# -------
# L. Prechelt (1998), Early stopping – but when?
# I. Goodfellow, Y. Bengio and A. Courville (2016), Deep Learning, §7.8.
# C. Bishop (1995), Regularization and complexity control in feed-forward networks.
lesson.end()
