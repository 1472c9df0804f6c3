"""Layers: functions that own what they learn.

A `Module` needs no registration.  Whatever is an attribute and a Tensor is learned; an attribute that is an
array is kept with the model, but not learned (batch normalisation's running mean); modules, and lists of
modules, are searched in turn.  Images are (N, C, H, W), everything else (N, features).
"""
import os
import zipfile
import zlib
from pathlib import Path

import numpy as np

from minidl import backend, functions, images, init
from minidl.ops import affine, matmul, reshape
from minidl.tensor import Tensor, describe, no_grad, value

class Module:
    """A function with parameters: subclass it, make layers in __init__, and use them in `forward`."""

    training = True

    def forward(self, x):
        raise NotImplementedError(f"{type(self).__name__} needs a method forward(self, x)")

    def __call__(self, *inputs):
        return self.forward(*inputs)

    def named(self, prefix=""):
        """Pairs of dotted name and Tensor or array, of everything that belongs to the model, in order."""
        for name, x in vars(self).items():
            yield from _named(prefix + name, x)

    def modules(self):
        """This module and all those in it."""
        yield self
        for x in vars(self).values():
            for part in x if isinstance(x, (list, tuple)) else (x,):
                if isinstance(part, Module):
                    yield from part.modules()

    def parameters(self):
        """The Tensors that the model learns, each once, even where two layers share it."""
        return list(dict.fromkeys(x for _, x in self.named() if isinstance(x, Tensor)))

    def count(self):
        """How many numbers the model learns."""
        return sum(p.size for p in self.parameters())

    def train(self, training=True):
        """Switch dropout, noise and batch statistics on (or off); returns the model."""
        for module in self.modules():
            module.training = training
        return self

    def eval(self):
        """Switch dropout, noise and batch statistics off; returns the model."""
        return self.train(False)

    def predict(self, x, batch_size=1000):
        """The model's outputs for x (N, …) at test time: a host array, computed in batches, no tape."""
        if not len(x):
            raise ValueError(f"predict({describe(x)}): there are no examples")
        before = [(module, module.training) for module in self.modules()]
        self.eval()
        try:
            with no_grad():
                parts = [self(backend.to_device(x[i:i + batch_size])) for i in range(0, len(x), batch_size)]
        finally:
            for module, training in before:
                module.training = training
        return np.concatenate([backend.to_host(value(part)) for part in parts])

    def state_dict(self):
        """{dotted name: a host copy} of all that the model learned and keeps."""
        return {name: np.array(backend.to_host(value(x))) for name, x in self.named()}

    def load_state_dict(self, state):
        """Take the numbers of `state`; names and shapes must be the model's own, or nothing is changed."""
        own = dict(self.named())
        if wrong := [name for name in {**own, **state} if (name in own) != (name in state)]:
            raise ValueError(f"load_state_dict: {', '.join(sorted(wrong))} stand on one side only: these are "
                             f"the numbers of another model than this {type(self).__name__}")
        for name, x in own.items():
            if state[name].shape != x.shape or state[name].dtype != x.dtype:
                raise ValueError(f"load_state_dict: {name} is {describe(state[name])}, and this model's is "
                                 f"{describe(value(x))}")
        for name, x in own.items():
            value(x)[...] = backend.to_device(state[name])

    def save(self, path):
        """Write the state to `path` (.npz), aside first: a good file is never half overwritten."""
        path = Path(path)
        aside = path.with_name(f".{path.name}.{os.getpid()}.part")
        try:
            with open(aside, "wb") as file:
                np.savez(file, **self.state_dict())
            os.replace(aside, path)
        finally:
            aside.unlink(missing_ok=True)

    def load(self, path):
        """Read a state that `save` wrote; returns the model.  A damaged or foreign file changes nothing."""
        try:
            with np.load(path, allow_pickle=False) as file:
                state = {name: file[name] for name in file.files}
        except FileNotFoundError:
            raise
        except (OSError, EOFError, ValueError, AttributeError, TypeError, RuntimeError, zipfile.BadZipFile,
                zlib.error) as error:
            raise ValueError(f"load: {path} is not a whole .npz file of arrays as Module.save writes it "
                             f"({error})") from error
        self.load_state_dict(state)
        return self

def _named(name, x):
    if isinstance(x, Module):
        yield from x.named(name + ".")
    elif isinstance(x, (list, tuple)):
        for i, part in enumerate(x):
            yield from _named(f"{name}.{i}", part)
    elif hasattr(x, "dtype") and not isinstance(x, np.generic):
        yield name, x

class Sequential(Module):
    """One layer after another; `model[i]` is layer i, `model[:i]` the first i as a model of their own."""

    def __init__(self, *layers):
        self.layers = list(layers)

    def forward(self, x):
        for layer in self.layers:
            x = layer(x)
        return x

    def __getitem__(self, i):
        return Sequential(*self.layers[i]) if isinstance(i, slice) else self.layers[i]

    def __len__(self):
        return len(self.layers)

class Dense(Module):
    """x (N, …, in) → x w + b (N, …, out); w (in, out) by `init`, b (out,) zeros."""

    def __init__(self, in_features, out_features, bias=True, init=init.he):
        self.w = Tensor(init((in_features, out_features), in_features, out_features))
        self.b = Tensor(_zeros(out_features)) if bias else None

    def forward(self, x):
        if x.ndim < 2 or x.shape[-1] != self.w.shape[0]:
            raise ValueError(f"Dense{self.w.shape} was given {describe(value(x))}: it takes (N, …, "
                             f"{self.w.shape[0]}); images need Flatten() before it, one example an axis of 1")
        return matmul(x, self.w) if self.b is None else affine(x, self.w, self.b)

class Conv2d(Module):
    """x (N, in, H, W) → (N, out, OH, OW), see `images.conv2d`; w (out, in, K, K), b (out,) zeros."""

    def __init__(self, in_channels, out_channels, kernel_size, stride=1, padding=0, bias=True, init=init.he):
        kh, kw = images._pair(kernel_size)
        fans = in_channels * kh * kw, out_channels * kh * kw
        self.w = Tensor(init((out_channels, in_channels, kh, kw), *fans))
        self.b = Tensor(_zeros(out_channels)) if bias else None
        self.stride, self.padding = stride, padding

    def forward(self, x):
        return images.conv2d(x, self.w, self.b, self.stride, self.padding)

class ConvTranspose2d(Conv2d):
    """x (N, in, H, W) → (N, out, OH, OW), see `images.conv_transpose2d`; w (in, out, K, K), b (out,)."""

    def __init__(self, *args, **settings):
        super().__init__(*args, **settings)
        self.w = Tensor(self.w.array.swapaxes(0, 1).copy())

    def forward(self, x):
        return images.conv_transpose2d(x, self.w, self.b, self.stride, self.padding)

class MaxPool2d(Module):
    """x (N, C, H, W) → the largest pixel of each window (N, C, OH, OW)."""

    def __init__(self, kernel_size, stride=None, padding=0):
        self.kernel_size, self.stride, self.padding = kernel_size, stride, padding

    def forward(self, x):
        return images.max_pool2d(x, self.kernel_size, self.stride, self.padding)

class AvgPool2d(MaxPool2d):
    """x (N, C, H, W) → the mean pixel of each window (N, C, OH, OW)."""

    def forward(self, x):
        return images.avg_pool2d(x, self.kernel_size, self.stride, self.padding)

class BatchNorm(Module):
    """Each feature (N, C) or channel (N, C, H, W) at mean β and deviation γ   (Ioffe & Szegedy 2015).

    In training by the batch's moments, which also move the running ones: running ← (1 − momentum) running +
    momentum batch, with the unbiased variance, n/(n − 1) (algorithm 2).  At test time by the running ones.
    """

    def __init__(self, features, eps=1e-5, momentum=0.1):
        self.gamma, self.beta = Tensor(_zeros(features) + 1), Tensor(_zeros(features))
        self.running_mean, self.running_var = _zeros(features), _zeros(features) + 1
        self.eps, self.momentum = eps, momentum

    def forward(self, x):
        if not self.training:
            running = self.running_mean, self.running_var
            return functions.batch_norm(x, self.gamma, self.beta, self.eps, running)
        if (n := x.size // x.shape[1]) < 2:
            raise ValueError(f"BatchNorm({describe(value(x))}): one value a channel has no variance to learn "
                             "from; use a batch of at least 2, or eval()")
        y, mean, var = functions.batch_norm_and_moments(x, self.gamma, self.beta, self.eps)
        self.running_mean += self.momentum * (mean - self.running_mean)
        self.running_var += self.momentum * (var * (n / (n - 1)) - self.running_var)
        return y

class Dropout(Module):
    """In training, a share `rate` of the elements set to 0 and the others divided by 1 − rate."""

    def __init__(self, rate=0.5):
        self.rate = rate

    def forward(self, x):
        return functions.dropout(x, self.rate) if self.training else x

class GaussianNoise(Module):
    """In training, N(0, std²) added to every element."""

    def __init__(self, std):
        self.std = std

    def forward(self, x):
        return x + backend.normal(x.shape, self.std, x.dtype.type) if self.training else x

class Flatten(Module):
    """x (N, …) → (N, features)."""

    def forward(self, x):
        return reshape(x, shape=(x.shape[0], -1))

def _activation(name, function):
    """A layer without parameters: `function`, elementwise."""
    return type(name, (Module,), {"__doc__": f"{function.__name__}(x), elementwise, as a layer.",
                                  "forward": lambda self, x: function(x)})

ReLU = _activation("ReLU", functions.relu)
Sigmoid = _activation("Sigmoid", functions.sigmoid)
Tanh = _activation("Tanh", functions.tanh)
Softplus = _activation("Softplus", functions.softplus)

class LeakyReLU(Module):
    """x where it is positive, slope · x elsewhere."""

    def __init__(self, slope=0.01):
        self.slope = slope

    def forward(self, x):
        return functions.leaky_relu(x, slope=self.slope)

def _zeros(n):
    return backend.to_device(np.zeros(n, np.float32))
