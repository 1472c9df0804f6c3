"""Training: batches, the loop over them, and when to stop.

`fit` is no more than: for every batch, loss → backward → step.  `descend` is the same without batches, and
`train_step` a single one: write your own loop of them when a lesson needs another one (a GAN does).

The law of the door: floats are cast to the model's precision, whole numbers (labels, pixels) are left alone.
"""
import math

import numpy as np

from minidl import backend
from minidl.nn import precision
from minidl.state import Run
from minidl.tensor import Tensor, add_gradients, describe, pullback, value
from minidl.terminal import Progress

CHECK_EVERY = 20                                # steps between looks at the loss: a look waits for the GPU

def minibatches(*arrays, batch_size=64, shuffle=True, augment=None, dtype=np.float32, join=False):
    """One pass over arrays (N, …), in tuples of (batch_size, …) on the device; the last is the rest.

    augment: a function of the first array of a batch, applied on the host: lambda x: data.shift(x, 2).
    dtype: of floats.  join: let a last batch of one, which has no variance, join the one before.
    """
    arrays = [_data(a, dtype) for a in arrays]
    cuts, n = _cuts(arrays, batch_size, join), len(arrays[0])
    order = backend.rng().permutation(n) if shuffle else np.arange(n)
    for start, end in cuts:
        batch = [a[order[start:end]] for a in arrays]
        if augment:
            batch[0] = augment(batch[0])
        yield tuple(map(backend.to_device, batch))

def _data(a, dtype):
    """An array (N, …) on the host; floats as `dtype`, if there is one."""
    a = backend.to_host(backend.as_array(value(a)))
    if a.dtype.kind not in "iubf" or a.ndim == 0:
        raise TypeError(f"data are arrays (N, …) of numbers, and this is {describe(a)}")
    return a.astype(dtype, copy=False) if dtype and a.dtype.kind == "f" else a

def _cuts(arrays, batch_size, join):
    """Where each batch of the arrays starts and ends."""
    n = len(arrays[0]) if arrays else 0
    if any(len(a) != n for a in arrays) or n == 0 or batch_size < 1:
        raise ValueError(f"minibatches: arrays of {', '.join(str(len(a)) for a in arrays)} examples, batches "
                         f"of {batch_size}; give at least one example, the same number in each array")
    ends = [*range(batch_size, n, batch_size), n]
    if join and len(ends) > 1 and ends[-1] - ends[-2] == 1 < batch_size:
        del ends[-2]
    return list(zip([0, *ends], ends))

class History(dict):
    """What a training run measured: name → one value an epoch, such as history["loss"]."""

    interrupted = False                         # did Ctrl-C end it?
    best_epoch = None                           # the epoch that EarlyStopping restored, counted from 1

    def add(self, measured):
        for name, number in measured.items():
            self.setdefault(name, []).append(_number(number))

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
        if math.isnan(score):
            raise FloatingPointError(f"EarlyStopping watches {self.monitor!r}, which is NaN in epoch {epoch}")
        if score < self.best:
            self.best, self.best_epoch, self.state = score, epoch, model.state_dict()
        return epoch - self.best_epoch >= self.patience

    def restore(self, model):
        """Put the best epoch's numbers back into the model."""
        if self.state is not None:
            model.load_state_dict(self.state)

def fit(model, loss, arrays, *, optimizer, epochs, batch_size=64, validation=None, metrics=None,
        schedule=None, before_step=None, stop=None, augment=None, checkpoint=None, quiet=False):
    """Train `model` on `arrays`, such as (x, y), each (N, …); returns the History.

    loss(model, *batch): a Tensor of one number, or a dict of named Tensors, whose sum is made small.
    validation: arrays like the training ones; their loss is measured after every epoch, without dropout.
    metrics: {name: function of the model → number}, measured after every epoch.
    schedule: share done, 0 to 1 → learning rate, such as schedules.cosine(0.01).
    before_step: called with the share done, to change something else: the weight of a loss, a noise.
    stop: an EarlyStopping.  augment: see minibatches.
    checkpoint: a file, written after every epoch; if it is there, the run goes on from it, to the bit.

    A loss that is no finite number ends it with a FloatingPointError that names the step.  Ctrl-C ends it
    too, but with the model and the history so far.
    """
    arrays, validation = _at_the_door(model, arrays, validation)
    backend.keep_memory()
    run, cuts = Run(checkpoint, model, optimizer, stop, History()), _cuts(arrays, batch_size, join=True)
    progress, total = Progress(epochs, len(cuts), quiet), epochs * len(cuts)
    try:
        for epoch in range(run.epochs + 1, 1 if run.over else epochs + 1):
            model.train()
            losses = []                         # one dict of terms a step, still on the device
            for batch in minibatches(*arrays, batch_size=batch_size, augment=augment, dtype=None, join=True):
                step = (epoch - 1) * len(cuts) + len(losses) + 1
                _prepare(optimizer, (step - 1) / total, schedule, before_step)
                losses.append(train_step(lambda: loss(model, *batch), optimizer))
                if step % CHECK_EVERY == 0:
                    progress.show(epoch, len(losses), _finite(losses[-CHECK_EVERY:], step))
            _finite(losses[-CHECK_EVERY:], step)
            measured = _measured(model, loss, losses, validation, metrics, epoch)
            progress.epoch(epoch, measured)
            run.add(measured)
            if run.over:
                break
    except KeyboardInterrupt:
        run.history.interrupted = True
        progress.say(f"stopped by Ctrl-C in epoch {epoch}: the model and its history are as far as they came")
    if stop:
        stop.restore(model)
        run.history.best_epoch = stop.best_epoch or None
    model.eval()
    return run.history

def _at_the_door(model, arrays, validation):
    """The data of `fit` as arrays."""
    if not isinstance(arrays, (tuple, list)) or not isinstance(validation, (tuple, list, type(None))):
        raise TypeError("fit: arrays and validation are tuples of arrays, (x, y), or (x,) for one alone")
    dtype = precision(model)
    return [_data(a, dtype) for a in arrays], validation and [_data(a, dtype) for a in validation]

def _measured(model, loss, losses, validation, metrics, epoch):
    """What an epoch is judged by: the means of its losses, the validation loss, the metrics."""
    measured = {name: np.mean([_number(terms[name]) for terms in losses]) for name in losses[0]}
    model.eval()
    if validation is not None:
        measured["validation loss"] = evaluate(model, loss, validation)
        if not math.isfinite(measured["validation loss"]):
            raise FloatingPointError(f"the validation loss became {measured['validation loss']} in epoch "
                                     f"{epoch}: look for a log or a division by 0")
    return {**measured, **{name: float(metric(model)) for name, metric in (metrics or {}).items()}}

def descend(loss, optimizer, steps, *, schedule=None, before_step=None, quiet=True):
    """`steps` ≥ 1 steps down loss(), as `fit` takes it, but without data: the History, a value a step."""
    backend.keep_memory()
    history, losses, progress = History(), [], Progress(1, steps, quiet)
    for step in range(1, steps + 1):
        _prepare(optimizer, (step - 1) / steps, schedule, before_step)
        losses.append(train_step(loss, optimizer))
        if step % CHECK_EVERY == 0 or step == steps:
            progress.show(1, step, _finite(losses[-CHECK_EVERY:], step))
    for terms in losses:
        history.add(terms)
    progress.say(f"{steps} steps: loss {history.get('loss', [math.nan])[-1]:.4g}")
    return history

def _prepare(optimizer, done, schedule, before_step):
    """Before a step: whatever changes with the share of the run that is done."""
    if schedule:
        optimizer.learning_rate = schedule(done)
    if before_step:
        before_step(done)

def train_step(loss, optimizer):
    """One step of the optimiser's own parameters: {"loss": total, each named term: …}, on the device."""
    result = loss()
    terms = result if isinstance(result, dict) else {}
    total = sum(terms.values()) if terms else result
    if not isinstance(total, Tensor):
        raise TypeError("the loss was not computed from any Tensor: nothing in it can be learned")
    gradients = pullback(total, wrt=optimizer.parameters)
    if not gradients:
        raise ValueError("the loss depends on no parameter of this optimiser: was it made for another model, "
                         "or the loss computed inside no_grad()?")
    optimizer.zero_grad()
    add_gradients(gradients)
    optimizer.step()
    return {**{name: value(term) for name, term in terms.items()}, "loss": total.array}

def evaluate(model, loss, arrays, batch_size=1000):
    """The loss over all of `arrays` at test time, weighted by the size of each batch, without a tape."""
    total = 0.0
    with model.at_test_time():
        for batch in minibatches(*arrays, batch_size=batch_size, shuffle=False, join=True,
                                 dtype=precision(model)):
            result = loss(model, *batch)
            total += _number(sum(result.values()) if isinstance(result, dict) else result) * len(batch[0])
    return total / len(arrays[0])

def accuracy(model, x, y):
    """The share of x (N, …) whose largest of K ≥ 2 outputs is at the label y (N,), a whole number."""
    outputs, y = model.predict(x), backend.to_host(backend.as_array(value(y)))
    if outputs.ndim != 2 or outputs.shape[1] < 2 or y.shape != outputs.shape[:1] or y.dtype.kind not in "iu":
        raise ValueError(f"accuracy: the outputs are {describe(outputs)} and the labels {describe(y)}, where "
                         "(N, K), K ≥ 2, and whole numbers (N,) belong; for one-hot rows y.argmax(axis=1)")
    return float((outputs.argmax(axis=1) == y).mean())

def _number(x):
    """Python's number of a number, or of a Tensor or an array that holds one."""
    return float(x.item() if hasattr(x, "item") else x)

def _finite(losses, step):
    """The last of some steps' losses, as numbers; or the error that names the first that is not finite."""
    for back, terms in zip(reversed(range(len(losses))), losses):
        numbers = {name: _number(number) for name, number in terms.items()}
        if not math.isfinite(numbers["loss"]):
            raise FloatingPointError(f"the loss became {numbers['loss']} at step {step - back}: lower the "
                                     "learning rate, clip the gradient, or look for a log or a division by 0")
    return numbers
