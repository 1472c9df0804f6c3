"""Layers: functions that own what they learn.

A `Module` needs no registration.  Whatever is an attribute and a Tensor is learned; an attribute that is an
array is kept with the model, but not learned (batch normalisation's running mean); modules, and lists, tuples
and dicts, are searched in turn.  All are made in __init__: what `forward` leaves on self, an activation or an
image, is not the model's.  Images are (N, C, H, W), everything else (N, features).
"""
import math
from contextlib import contextmanager

import numpy as np

from minidl import backend, functions, images, init, state
from minidl.ops import affine, matmul, reshape
from minidl.tensor import Tensor, describe, floats, no_grad, tape, value

class Module:
    """A function with parameters: subclass it, make layers in __init__, and use them in `forward`."""
    training = True
    _draws = False                              # noise, in training?
    _kept = ()                                  # the names of what forward has left on self

    def forward(self, x):
        raise NotImplementedError(f"{type(self).__name__} needs a method forward(self, x)")

    def __call__(self, *inputs):
        before = len(self.__dict__)
        result = self.forward(*inputs)
        if len(self.__dict__) > before:
            self._kept = {*self._kept, *list(self.__dict__)[before:]}
        return result

    def named(self, prefix=""):
        """Pairs of dotted name and Tensor or array, of everything that belongs to the model, in order."""
        return ((prefix + name, x) for name, x, _, _ in _belongings(self))

    def modules(self):
        """This module and all those in it, each once."""
        return list(dict.fromkeys([self, *(x for _, x, _, _ in _walk(self) if isinstance(x, Module))]))

    def parameters(self):
        """The Tensors that the model learns, each once, even where two layers share it."""
        return list(dict.fromkeys(x for _, x in self.named() if isinstance(x, Tensor)))

    def count(self):
        """How many numbers the model learns."""
        return sum(p.size for p in self.parameters())

    def __repr__(self):
        """The layers with the shapes of what they hold, and the count."""
        lines = [f"{type(self).__name__}: {self.count():,} parameters"]
        for name, layer in [(n, x) for n, x, *_ in _walk(self) if isinstance(x, Module)] or [("", self)]:
            own = [f"{key} {x.shape}" for _, x, holder, key in _belongings(layer) if holder is layer]
            lines.append("  ".join(["", f"{name:10}", type(layer).__name__, *own]))
        return "\n".join(lines)

    def train(self, training=True):
        """Switch dropout, noise and batch statistics on (or off); returns the model."""
        for module in self.modules():
            module.training = training
        return self

    def eval(self):
        """Switch dropout, noise and batch statistics off; returns the model."""
        return self.train(False)

    @contextmanager
    def at_test_time(self, noise=False):
        """A block in eval() mode that is not recorded; with `noise`, dropout and noise stay on."""
        before = [(module, module.training) for module in self.modules()]
        try:
            for module, _ in before:
                module.training = noise and module._draws
            with no_grad():
                yield
        finally:
            for module, training in before:
                module.training = training

    def predict(self, x, batch_size=1000, noise=False):
        """The model's outputs for x (N, …) at test time: a host array, computed in batches, no tape.

        With `noise`, dropout and noise draw as in training: Monte-Carlo dropout   (Gal & Ghahramani 2016).
        """
        x = backend.as_array(value(x))
        if not len(x) or batch_size < 1:
            raise ValueError(f"predict({describe(x)}): there are no examples, or no batches of {batch_size}")
        x = x.astype(precision(self), copy=False) if x.dtype.kind == "f" else x
        with self.at_test_time(noise):
            parts = [self(backend.to_device(x[i:i + batch_size])) for i in range(0, len(x), batch_size)]
        return np.concatenate([backend.to_host(value(part)) for part in parts])

    def state_dict(self):
        """{dotted name: a host copy} of all that the model learned and keeps."""
        return {name: np.array(backend.to_host(value(x))) for name, x in self.named()}

    def load_state_dict(self, given):
        """Take the numbers of a state of such a model, into arrays of its own; or nothing is changed."""
        state.check(self.state_dict(), given, self)
        for name, x, holder, key in list(_belongings(self)):
            new = backend.to_device(np.array(given[name]))
            if isinstance(x, Tensor):
                x.array = new
            elif isinstance(holder, tuple):
                x[...] = new
            else:
                (vars(holder) if isinstance(holder, Module) else holder)[key] = new

    def save(self, path):
        """Write the state to `path` (.npz), aside first: a good file is never half overwritten."""
        state.save(path, self.state_dict())

    def load(self, path):
        """Read a state that `save` wrote; returns the model.  A damaged or foreign file changes nothing."""
        self.load_state_dict(state.load(path, lambda headers: state.check(self.state_dict(), headers, self)))
        return self

def precision(model):
    """The dtype of the model's parameters; float32 if there are none."""
    return next((x.dtype for _, x in getattr(model, "named", list)() if isinstance(x, Tensor)), np.float32)

def _walk(x, prefix="", above=()):
    """All that x holds, and what that holds in turn: [(dotted name, part, what holds it, its name there)]."""
    held, found, above = vars(x) if isinstance(x, Module) else x, [], {*above, id(x)}
    for key, part in enumerate(held) if isinstance(held, (list, tuple)) else held.items():
        if isinstance(part, (Tensor, np.ndarray)) or backend.on_gpu(part):
            found.append((f"{prefix}{key}", part, x, key))
        elif isinstance(part, (Module, dict, list, tuple)):
            if id(part) not in above:                           # a child may know its parent
                found += [(f"{prefix}{key}", part, x, key), *_walk(part, f"{prefix}{key}.", above)]
        elif isinstance(part, (set, frozenset)) and any(isinstance(one, (Module, Tensor)) for one in part):
            raise TypeError(f"{prefix}{key} is a set, which has no order: a model keeps its parts in a list")
    return found

def _belongings(model):
    """Of `_walk`, the parameters and the arrays that are kept."""
    for name, x, holder, key in _walk(model):
        if isinstance(x, (Module, dict, list, tuple)) or key in getattr(holder, "_kept", ()):
            continue
        if not isinstance(x, Tensor) or not x.computed:
            yield name, x, holder, key
        elif x.size > 1 and x.inputs and all(type(y) is Tensor or not hasattr(y, "dtype")
                                             for t in tape(x) for y in t.inputs):              # no data in it
            raise TypeError(f"{name} was computed from other parameters, by {x.op.__name__}, and does not "
                            "follow them: tie weights in forward, x @ self.w.T, or share a Tensor, b.w = a.w")

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
    """x (N, …, in) → x w + b (N, …, out); w (in, out) by `init`, b (out,) zeros; float64 x makes all so."""
    def __init__(self, in_features, out_features, bias=True, init=init.he):
        self.w = Tensor(init((in_features, out_features), in_features, out_features))
        self.b = Tensor(_zeros(out_features)) if bias else None

    def forward(self, x):
        x = x if type(x) is Tensor else floats(x, self.w.dtype)
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
        functions.channels(x := floats(x, self.gamma.dtype), self.gamma)
        if (n := x.size // x.shape[1]) < 2:
            raise ValueError(f"BatchNorm({describe(value(x))}): one value a channel has no variance to learn "
                             "from; use a batch of at least 2, as minibatches(…, join=True) does, or eval()")
        mean, var = functions.moments(value(x))
        self.running_mean += self.momentum * (mean.reshape(-1) - self.running_mean)
        self.running_var += self.momentum * (var.reshape(-1) * (n / (n - 1)) - self.running_var)
        return functions.normalise(x, self.gamma, self.beta, mean=mean, var=var, eps=self.eps)

class Dropout(Module):
    """In training, a share `rate` of the elements set to 0 and the others divided by 1 − rate."""
    _draws = True
    def __init__(self, rate=0.5):
        self.rate = rate

    def forward(self, x):
        return functions.dropout(x, self.rate) if self.training else x

class MaskingNoise(Dropout):
    """In training, a share `rate` of the elements set to 0, and the others left as they are."""
    def forward(self, x):
        return functions.mask(x, self.rate) if self.training else x

class GaussianNoise(Module):
    """In training, N(0, std²) added to every element."""
    _draws = True
    def __init__(self, std):
        self.std = std

    def forward(self, x):
        x = floats(x)
        return x + backend.normal(x.shape, self.std, x.dtype.type) if self.training else x

class Flatten(Module):
    """x (N, …) → (N, features)."""
    def forward(self, x):
        return reshape(x, shape=(x.shape[0], math.prod(x.shape[1:])))

class Reshape(Module):
    """x (N, …) → (N, *sizes): Flatten's way back, from features to images."""
    def __init__(self, *sizes):
        self.sizes = sizes

    def forward(self, x):
        return reshape(x, shape=(x.shape[0], *self.sizes))

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
