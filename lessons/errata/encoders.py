"""What the encoder notes (000) say."""
import numpy as np

from lessons.errata import erratum
from minidl import Tensor, backend, grad, losses


@erratum("E49", "left out", lesson="28",
         ask="An image has 784 pixels, each N(x̂, 1).  How many times as steep as the mean squared error is "
             "−log p(x|z), in nats?",
         right="the reconstruction term is ‖x − x̂‖²/2σ²; the MSE, a mean over D pixels, needs the weight "
               "D/2σ², or KL weighs too much",
         shows="784 pixels, σ = 1: slope of −log p(x|z) over the MSE's", says=1, near=392, within=1e-6)
def two_slopes(rng):
    x, painted = backend.to_device(rng.random((1, 784))), Tensor(rng.random((1, 784)))
    [of_log_p] = grad(losses.gaussian_nll(painted, x), [painted])
    [of_mse] = grad(losses.mse(painted, x), [painted])
    return (of_log_p / of_mse).mean()


@erratum("E65", "word", lesson="23",
         ask="An encoder of one number is h = 3x, its decoder x̂ = h/6, and λ = 1.  How large is the "
             "contractive penalty at x = 2?",
         right="the formula is the whole loss, 1 + 9; the penalty is its second term alone",
         shows="h = 3x, x̂ = h/6, x = 2: the penalty", says=10, near=9, within=1e-9)
def penalty_alone(rng):
    x = Tensor(np.array([[2.0]]))
    h = 3 * x
    [slope] = grad(h.sum(), [x])
    return (slope ** 2).sum()
