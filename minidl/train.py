"""Training: batches, the loop over them, and when to stop.

`fit` is no more than: for every batch, loss → backward → step.  Write that loop yourself when a lesson needs
another one (a GAN does); `minibatches`, `History` and `Progress` serve there too.
"""
import math
import os
import shutil
import sys
import time

import numpy as np

from minidl import backend
from minidl.tensor import Tensor, no_grad, value

CHECK_EVERY = 20                                # steps between looks at the loss: a look waits for the GPU

def minibatches(*arrays, batch_size=64, shuffle=True, augment=None):
    """One pass over host arrays (N, …), in tuples of (batch_size, …) on the device; the last is the rest.

    augment: a function of the first array of a batch, applied on the host: lambda x: data.shift(x, 2).
    """
    n = len(arrays[0])
    if any(len(a) != n for a in arrays) or n == 0 or batch_size < 1:
        raise ValueError(f"minibatches: arrays of {', '.join(str(len(a)) for a in arrays)} examples, batches "
                         f"of {batch_size}; give at least one example, the same number in each array")
    order = backend.rng().permutation(n) if shuffle else np.arange(n)
    for start in range(0, n, batch_size):
        batch = [a[order[start:start + batch_size]] for a in arrays]
        if augment:
            batch[0] = augment(batch[0])
        yield tuple(map(backend.to_device, batch))

class History(dict):
    """What a training run measured: name → one value an epoch, such as history["loss"]."""

    interrupted = False                         # did Ctrl-C end it?
    best_epoch = None                           # the epoch that EarlyStopping restored, counted from 1

    def add(self, measured):
        for name, number in measured.items():
            self.setdefault(name, []).append(float(number))

class EarlyStopping:
    """Keeps the best model by `monitor`, and stops after `patience` epochs without a better one.

    That epoch 5 was the best can be known at epoch 6 at the earliest; with patience p the run stops at epoch
    5 + p, and then epoch 5 is restored   (Prechelt 1998; Goodfellow et al. 2016, algorithm 7.1).
    """

    def __init__(self, patience, monitor="validation loss", largest=False):
        if patience < 1:
            raise ValueError(f"EarlyStopping: patience is a number of epochs of at least 1, not {patience}")
        self.patience, self.monitor, self.largest = patience, monitor, largest
        self.best, self.best_epoch, self.state = math.inf, 0, None

    def update(self, epoch, measured, model):
        """Note this epoch; True when it is time to stop."""
        if self.monitor not in measured:
            raise ValueError(f"EarlyStopping watches {self.monitor!r}, and this run measures "
                             f"{', '.join(map(repr, measured))}: give fit a validation set, or watch another")
        score = -measured[self.monitor] if self.largest else measured[self.monitor]
        if score < self.best:
            self.best, self.best_epoch, self.state = score, epoch, model.state_dict()
        return epoch - self.best_epoch >= self.patience

    def restore(self, model):
        """Put the best epoch's numbers back into the model."""
        if self.state is not None:
            model.load_state_dict(self.state)

def fit(model, loss, arrays, *, optimizer, epochs, batch_size=64, validation=None, metrics=None,
        schedule=None, stop=None, augment=None, quiet=False):
    """Train `model` on `arrays`, such as (x, y), each (N, …); returns the History.

    loss(model, *batch): a Tensor of one number, or a dict of named Tensors, whose sum is made small.
    validation: arrays like the training ones; their loss is measured after every epoch, without dropout.
    metrics: {name: function of the model → number}, measured after every epoch.
    schedule: step → learning rate, such as optim.cosine.  stop: an EarlyStopping.  augment: see minibatches.

    A loss that is no finite number ends it with a FloatingPointError that names the step.  Ctrl-C ends it
    too, but with the model and the history so far.
    """
    backend.keep_memory()
    history, step = History(), 0
    progress = Progress(epochs, math.ceil(len(arrays[0]) / batch_size), quiet)
    try:
        for epoch in range(1, epochs + 1):
            model.train()
            losses = []                         # one dict of terms a step, still on the device
            for batch in minibatches(*arrays, batch_size=batch_size, augment=augment):
                if schedule:
                    optimizer.learning_rate = schedule(step)
                losses.append(train_step(lambda: loss(model, *batch), optimizer))
                step += 1
                if step % CHECK_EVERY == 0:
                    progress.show(epoch, len(losses), _finite(losses[-CHECK_EVERY:], step))
            _finite(losses[-CHECK_EVERY:], step)
            measured = {name: np.mean([float(terms[name]) for terms in losses]) for name in losses[0]}
            model.eval()
            if validation is not None:
                measured["validation loss"] = evaluate(model, loss, validation)
            measured.update({name: float(metric(model)) for name, metric in (metrics or {}).items()})
            history.add(measured)
            progress.epoch(epoch, measured)
            if stop and stop.update(epoch, measured, model):
                break
    except KeyboardInterrupt:
        history.interrupted = True
        progress.say(f"stopped by Ctrl-C in epoch {epoch}: the model and its history are as far as they came")
    if stop:
        stop.restore(model)
        history.best_epoch = stop.best_epoch or None
    model.eval()
    return history

def train_step(loss, optimizer):
    """Forward, backward, update: {"loss": total, each named term: …}, arrays on the device."""
    result = loss()
    terms = result if isinstance(result, dict) else {}
    total = sum(terms.values()) if terms else result
    if not isinstance(total, Tensor):
        raise TypeError("the loss was not computed from any Tensor: nothing in it can be learned")
    optimizer.zero_grad()
    total.backward()
    optimizer.step()
    return {**{name: value(term) for name, term in terms.items()}, "loss": total.array}

def evaluate(model, loss, arrays, batch_size=1000):
    """The loss over all of `arrays`, weighted by the size of each batch, without a tape."""
    total = 0.0
    with no_grad():
        for batch in minibatches(*arrays, batch_size=batch_size, shuffle=False):
            result = loss(model, *batch)
            total += float(sum(result.values()) if isinstance(result, dict) else result) * len(batch[0])
    return total / len(arrays[0])

def accuracy(model, x, y):
    """The share of x (N, …) whose largest output is at the label y (N,)."""
    return float((model.predict(x).argmax(axis=1) == y).mean())

def _finite(losses, step):
    """The last of some steps' losses, as numbers; or the error that names the first that is not finite."""
    for back, terms in zip(reversed(range(len(losses))), losses):
        numbers = {name: float(number) for name, number in terms.items()}
        if not math.isfinite(numbers["loss"]):
            raise FloatingPointError(f"the loss became {numbers['loss']} at step {step - back}: lower the "
                                     "learning rate, clip the gradient, or look for a log or a division by 0")
    return numbers

class Progress:
    """One line that renews itself on a terminal; elsewhere, on a dumb one and in IDLE, a line an epoch."""

    def __init__(self, epochs, steps, quiet=False):
        self.epochs, self.steps, self.quiet, self.start = epochs, steps, quiet, time.perf_counter()
        plain = os.environ.get("TERM", os.name) in ("", "dumb", "posix") or not hasattr(sys.stdout, "buffer")
        self.width = shutil.get_terminal_size().columns - 1 if sys.stdout.isatty() and not plain else 0

    def show(self, epoch, step, measured):
        """The state within an epoch: losses so far, and the time left; cut off where the line is full."""
        if self.width:
            left = (time.perf_counter() - self.start) * (self.epochs / (epoch - 1 + step / self.steps) - 1)
            text = f"epoch {epoch}/{self.epochs}  {step}/{self.steps}  {_words(measured)}  {left:.0f} s left"
            self.say(text[:self.width], end="")

    def epoch(self, epoch, measured):
        """The line of a finished epoch."""
        self.say(f"epoch {epoch:>{len(str(self.epochs))}}/{self.epochs}  {_words(measured)}  "
                 f"{time.perf_counter() - self.start:.1f} s")

    def say(self, text, end="\n"):
        if not self.quiet:                      # blanks cover the line before, as not all know an escape code
            print("\r" * bool(self.width) + text.ljust(self.width), end=end, flush=True)

def _words(measured):
    return "  ".join(f"{name} {number:.4g}" for name, number in measured.items())
