"""What the course notes (001) say of networks and how to train them."""
import math

import numpy as np

from lessons import judge
from lessons.errata import erratum
from minidl import Tensor, augment, backend, data, functions, grad, nn, optim, rnn, train
from minidl.images import conv2d, max_pool2d


@erratum("E19", "word", lesson="03",
         ask="In mathematics a convolution turns the filter round first: 1 2 4 becomes 4 2 1.  The image is "
             "one row, 0 0 1 0 0.  Which number does a layer with the filter 1 2 4 give first?",
         right="a layer does not turn the filter round: its first number is 4, where a convolution gives 1; "
               "and “same” keeps the size at stride 1 only",
         shows="filter 1 2 4 on the row 0 0 1 0 0: the first number of minidl's layer", says=1, near=4,
         within=1e-9)
def first_number(rng):
    row = backend.to_device(np.array([[[[0.0, 0, 1, 0, 0]]]]))              # (N, C, H, W)
    taps = backend.to_device(np.array([[[[1.0, 2, 4]]]]))
    return conv2d(row, taps)[0, 0, 0, 0]


@erratum("E20", "word", lesson="04",
         ask="Today's LeNet-5 learns 61,706 numbers.  That of 1998 lacks 36 filters of 5×5 and the 850 "
             "numbers of the output, but has two more for each of 6 + 16 pooled maps.  How many does it "
             "learn?",
         right="the LeNet-5 of 1998 has a scaled tanh, pools by a mean with two learned numbers, and ends in "
               "distances to fixed codes: it learns 60,000 numbers",
         shows="numbers that the layers of 1998 learn", says=61_706, near=60_000, within=1e-9)
def numbers_of_1998(rng):
    seen = [3] * 6 + [4] * 9 + [6]                                          # by each map of C3
    filters = [nn.Conv2d(maps, 1, 5).count() for maps in [1] * 6 + seen]    # one for each map of C1 and C3
    dense = nn.Dense(400, 120).count() + nn.Dense(120, 84).count()          # C5 and F6
    return sum(filters) + 2 * (6 + 16) + dense                              # 2: S2 and S4 multiply and add


@erratum("E18", "word", lesson="03",
         ask="An image is noise: each pixel is anything from 0 to 1, all equally likely.  It moves by one "
             "pixel.  After 2×2 max pooling, how large is the mean change, as a share of the mean difference "
             "from another such image?",
         right="a layer is equivariant (a shifted image gives shifted maps), and pooling forgives a part: "
               "of the change to another image, a shift by one leaves 9/14",
         shows="noise, 2×2 max pooling: change by one pixel / change to another image", near=9 / 14,
         within=0.01)
def change_by_one_pixel(rng):
    image = rng.random((1000, 1, 32, 32))
    moved, other = np.roll(image, 1, axis=3), np.roll(image, 1, axis=0)     # by a pixel; the next image
    pooled, by_one, to_other = (max_pool2d(x, 2) for x in (image, moved, other))
    return abs(by_one - pooled).mean() / abs(to_other - pooled).mean()


@erratum("E54", "left out", lesson="06",
         ask="The picture does not say that all three [h] have the same weights W.  Let W halve the length "
             "of each vector, and let h be so small that tanh changes nothing.  Which share of a gradient's "
             "length is left ten steps before the output?",
         right="[h] is the state itself, and each step has the same weights: a gradient is multiplied by W "
               "at each step back, so here 1/1024 is left",
         shows="W halves: length of the gradient ten steps back / at the output", near=1 / 1024, within=1e-9)
def ten_steps_back(rng):
    halved = Tensor(0.5 * np.linalg.qr(rng.normal(size=(8, 8)))[0])         # W: ½ times a rotation
    start, at_output = Tensor(np.zeros((1, 8))), rng.normal(size=8)
    states = rnn.recur(Tensor(np.zeros((1, 10, 8))), halved, start)         # (1, 10, 8): ten inputs are 0
    slope, = grad((states[0, -1] * Tensor(at_output)).sum(), [start])
    return np.linalg.norm(backend.to_host(slope)) / np.linalg.norm(at_output)


@erratum("E15", "factor", lesson="07",
         ask="After epochs 1 to 6 the validation loss was 0.60, 0.55, 0.53, 0.52, 0.51, 0.52.  At which "
             "epoch can it be known that epoch 5 was the best?",
         right="at epoch 6 at the earliest; with patience p the training stops at 5 + p, if no later epoch "
               "is better, and takes back the network of epoch 5, which may know some examples by heart",
         shows="patience 1: the epoch at which minidl stops", says=5, near=6, within=1e-9)
def epoch_of_the_stop(rng):
    stop, model = train.EarlyStopping(patience=1), nn.Dense(1, 1)
    for epoch, loss in enumerate((0.60, 0.55, 0.53, 0.52, 0.51, 0.52), start=1):
        if stop.update(epoch, {"validation loss": loss}, model):
            return epoch


@erratum("E10", "factor", lesson="08",
         ask="In training a neuron is set to 0 with probability 0.2; in testing never.  By what must the "
             "weights behind it be multiplied in testing, so that the next layer gets the same mean as in "
             "training?",
         right="by the share that is kept, 1 − rate: at the rate 0.2 by 0.8 (at ½ the two are the same)",
         shows="a neuron of 1, dropped with probability 0.2: its mean", says=0.2, near=0.8, within=0.0045)
def mean_of_a_neuron(rng):
    in_training = nn.MaskingNoise(0.2).predict(np.ones((200_000, 1)), noise=True)
    return in_training.mean(dtype=float)


@erratum("E11", "overclaim", lesson="08",
         ask="Two neurons are 1.  In training each is doubled or dropped, so 2 or 0, both with probability "
             "½.  Behind them comes ReLU(first − second).  In testing this is ReLU(1 − 1) = 0.  What is its "
             "mean in training?",
         right="testing gives the mean of training if only linear layers follow; here the four cases give 2, "
               "0, 0, 0, whose mean is ½",
         shows="ReLU(first − second) with dropout: its mean", says=0, near=0.5, within=0.0137)
def mean_behind_a_relu(rng):
    dropped = functions.dropout(backend.to_device(np.ones((100_000, 2))), 0.5)
    return functions.relu(dropped[:, 0] - dropped[:, 1]).mean()


@erratum("E12", "overclaim", lesson="08",
         ask="Each of four neurons is dropped with probability ½.  How often are exactly two dropped?",
         right="each neuron is dropped by itself: exactly two of four with probability 6/16",
         shows="share of draws in which exactly two of four are dropped", says=1, near=6 / 16, within=0.0077)
def exactly_two(rng):
    dropped = nn.Dropout(0.5).predict(np.ones((100_000, 4)), noise=True) == 0
    return (dropped.sum(axis=1) == 2).mean()


@erratum("E22", "overclaim", lesson="05",
         ask="Each training digit gets a copy: flipped horizontally, with the same label.  A new digit gets "
             "the label of the image nearest to it.  Are more new labels right with these copies, or fewer?",
         right="only a change that preserves the label helps: a digit in the mirror is mostly no digit, so "
               "fewer labels are right",
         shows="share of digits misread, with flipped copies − without, in standard errors", above=2)
def harm_of_flips(rng):
    (x, y), (x_test, y_test) = data.digits()
    few = [rng.permutation(len(x))[:100] for repeat in range(40)]           # forty small training sets
    plain = [judge.nearest(x[i], y[i], x_test) != y_test for i in few]
    both = [(np.concatenate([x[i], augment.flip(x[i], chance=1)]), np.tile(y[i], 2)) for i in few]
    copied = [judge.nearest(images, labels, x_test) != y_test for images, labels in both]
    return judge.standard_errors(np.mean(copied, axis=1) - np.mean(plain, axis=1))


@erratum("E78", "word", lesson="09",
         ask="A unit's values are Gaussian.  They are normalised to mean 0 and deviation 1, and go through "
             "a ReLU.  What is the mean of what the next layer gets?",
         right="usually x W + b is normalised, before the ReLU: the next layer's inputs then have the mean "
               "1/√(2π) = 0.40",
         shows="Gaussian values, normalised, then ReLU: their mean", says=0, near=1 / math.sqrt(2 * math.pi),
         within=0.0065)
def mean_behind_a_norm(rng):
    values = backend.to_device(rng.normal(5, 3, size=(200_000, 1)))         # x W + b of one unit
    one, zero = backend.to_device(np.ones(1)), backend.to_device(np.zeros(1))
    return functions.relu(functions.batch_norm(values, one, zero)).mean()


@erratum("E17", "overclaim", lesson="09",
         ask="For the two images of a batch a unit has the values a < b.  What are they after batch "
             "normalisation?  Over many such batches of Gaussian values, what is the correlation of the "
             "values before and after?",
         right="one of the two becomes −1, the other 1, and the correlation is 1/√π = 0.56: small batches "
               "spoil the signal; and it is disputed that batch normalisation helps by reducing covariate "
               "shift",
         shows="batches of two: correlation of the values before and after", near=1 / math.sqrt(math.pi),
         within=0.0067)
def batches_of_two(rng):
    before = rng.normal(size=(2, 100_000))                                  # 100,000 units, a batch each
    ones, zeros = backend.to_device(np.ones(100_000)), backend.to_device(np.zeros(100_000))
    after = functions.batch_norm(backend.to_device(before), ones, zeros, eps=0.0)
    return np.corrcoef(before.ravel(), backend.to_host(after).ravel())[0, 1]


@erratum("E16", "overclaim", lesson="10",
         ask="A loss has the slope w − 11.  L2 with λ = 1 adds w to it, so descent rests at 5.5.  Weight "
             "decay with λ = 1 multiplies w by 1 − η in each step of the rate η.  With momentum, "
             "v ← 0.9 v + slope and a step is −η v.  Where does w rest with decay and momentum?",
         right="decay and L2 are the same for plain SGD only: with momentum 0.9 decay is ten times weaker, "
               "and rests at 10; with Adam they differ in kind",
         shows="momentum 0.9 and weight decay: w at rest", says=5.5, near=10, within=1e-9)
def rest_with_decay(rng):
    w, v = 0.0, 0.0
    for step in range(300):
        v = 0.9 * v + (w - 11)                                              # momentum
        w = (1 - 0.1 * 1) * w - 0.1 * v                                     # η = 0.1, λ = 1
    return w


@erratum("E53", "left out", lesson="10",
         ask="The one example is x = 1 with y = 1, and the model is w x.  Now let noise shake the input: x "
             "is 1.5 or 0.5, equally often.  Which w has the smallest mean squared error?",
         right="in a linear model with squared error, noise on the inputs is ridge, exactly: variance s² "
               "adds s² w² to the mean loss, and the best w is 1/(1 + s²) = 0.8",
         shows="x shaken by ±½: w where descent ends", near=0.8, within=1e-9)
def best_with_shaken_input(rng):
    w, shaken = Tensor(np.zeros(1)), Tensor(np.array([1.5, 0.5]))
    train.descend(lambda: ((shaken * w - 1) ** 2).mean(), optim.SGD([w], 0.2), steps=100)
    return w.item()


@erratum("E64", "word", lesson="10",
         ask="A weight has the gradient 0: no example says what it should be.  Each of 200 updates adds "
             "Gaussian noise of deviation 0.1 to it, and leaves it there.  What is the weight's variance "
             "after that?",
         right="the sentence has two readings: fresh noise, taken out after each update, leaves this weight "
               "where it is, but noise left in adds up to the variance 200 · 0.1² = 2",
         shows="200 updates with noise of deviation 0.1 left in: variance of the weight", near=2, within=0.1)
def walk_of_a_weight(rng):
    weight = np.zeros(20_000)                                               # as many copies of it
    for update in range(200):
        weight = weight + 0.1 * rng.normal(size=20_000)                     # no slope, only noise
    return weight.var()


@erratum("E21", "word", lesson="06",
         ask="A recurrent network, h ← tanh(½ ln 3 · x + ln 3 · h) from h = 0, reads 1 0 0 0 0 and ends at "
             "½.  With the same parameters it reads 0 0 0 0 0.  Where does it end now, and what has stored "
             "the 1?",
         right="the state has stored it: it ends at ½ or at 0 with the same parameters; “typing” should be "
               "tying, one parameter used in several places (lesson 16); and σ needs no slope parameter s, "
               "as σ(s (w x + b)) is σ((s w) x + s b)",
         shows="the same parameters, after 1 0 0 0 0 and after 0 0 0 0 0: how far apart", says=0, near=0.5,
         within=1e-9)
def what_the_state_stores(rng):
    inputs = Tensor(np.array([[[1.0], [0], [0], [0], [0]], [[0], [0], [0], [0], [0]]]))     # (N, T, 1)
    w, start = Tensor(np.array([[math.log(3)]])), Tensor(np.zeros((2, 1)))
    states = rnn.recur(inputs * (math.log(3) / 2), w, start).numpy()        # (N, T, 1)
    return states[0, -1, 0] - states[1, -1, 0]
