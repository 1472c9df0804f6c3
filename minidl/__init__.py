"""minidl: deep learning you can read, run and check.

    from minidl import Tensor, grad, nn, losses, optim

Read the source in this order: tensor, ops, images, functions, losses, nn, rnn, optim, schedules, train.
"""
from minidl import backend, data, functions, gradcheck, images, init, linalg, losses, nn, ops, optim, plot
from minidl import rnn, schedules, train
from minidl import habits                       # noqa: F401, it hangs sentences on the classes
from minidl.tensor import Tensor, grad, no_grad, primitive

__version__ = "0.1.0"
