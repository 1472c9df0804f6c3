"""What one types from habit, coming from PyTorch or NumPy: for each, a sentence that says what it is here.

Nothing in the engine needs this page; it hangs its sentences on the engine's classes.
"""
from functools import wraps

from minidl import train
from minidl.nn import Sequential
from minidl.ops import add, subtract
from minidl.optim import Optimizer
from minidl.tensor import Tensor, recording

HERE = {
    "detach": "t.array, a constant",                "requires_grad": "what a Tensor is for, and no array",
    "data": "t.array",                              "clone": "Tensor(t.numpy())",
    "cpu": "t.numpy()",                             "tolist": "t.numpy().tolist()",
    "to": "backend.use, before all else",           "cuda": 'backend.use("gpu"), before all else',
    "view": "t.reshape",                            "flatten": "t.reshape(-1)",
    "squeeze": "t.reshape",                         "unsqueeze": "ops.expand_dims(t, axis)",
    "permute": "t.transpose",                       "astype": "Tensor(t.array.astype(…))",
    "mm": "t @ u",                                  "argmax": "t.array.argmax()",
    **{name: f"ops.{name}(t)" for name in "exp log sqrt sin cos tanh sigmoid softplus logsumexp".split()},
    **{name: f"functions.{name}(t)" for name in "relu softmax log_softmax".split()},
}

def missing(name, here):
    """An attribute that is not there, and says what is.  (A __getattr__ would slow down all the others.)"""
    def say(t):
        raise AttributeError(f"a Tensor has no {name!r}: here it is {here}")
    return property(say)

def in_place(op):
    """x −= …: a new Tensor, as for every number in Python; but a parameter would be lost that way."""
    def updated(x, y):
        if x.grad is not None and recording():
            raise TypeError("w −= … makes another Tensor, and w is lost: a step is w.array -= 0.1 * w.grad")
        return op(x, y)
    return updated

def refusing(f, find):
    """f, but for arguments in which `find` finds a fault: then a TypeError that says so."""
    @wraps(f)
    def checked(*args, **settings):
        if fault := find(*args, **settings):
            raise TypeError(fault)
        return f(*args, **settings)
    return checked

def in_tensor(t, array=None, **others):
    if others:
        return (f"Tensor has no setting {', '.join(others)}: every Tensor is differentiated by, and bare "
                "arrays are constant; it has the dtype of its array, and the device in use")

def in_optimizer(cls, *args, lr=None, **others):
    if lr is not None:
        return f"{cls.__name__}: lr is called learning_rate here"

def in_sequential(model, *layers):
    for i, layer in enumerate(layers):
        if isinstance(layer, type) or not callable(layer):
            found = f"the class {layer.__name__}" if isinstance(layer, type) else type(layer).__name__
            return (f"Sequential: layer {i} is {found}, and no function: write ReLU() for the class ReLU, "
                    "and Sequential(*layers) for a list of layers")

def in_fit(model, loss, *args, **settings):
    if getattr(loss, "__module__", "") == "minidl.losses":
        return ("fit: the loss takes the model and a batch, as in "
                f"lambda model, x, y: losses.{loss.__name__}(model(x), y)")

for name, here in HERE.items():
    setattr(Tensor, name, missing(name, here))
Tensor.__isub__, Tensor.__iadd__ = in_place(subtract), in_place(add)
Tensor.__init__ = refusing(Tensor.__init__, in_tensor)
Sequential.__init__ = refusing(Sequential.__init__, in_sequential)
Optimizer.__new__ = refusing(lambda cls, *args, **settings: object.__new__(cls), in_optimizer)
train.fit = refusing(train.fit, in_fit)
