"""What the course notes (001) say of autoencoders, with the sentences that the encoder notes (000) share."""
import numpy as np

from lessons import judge
from lessons.errata import erratum
from minidl import Tensor, backend, data, functions, grad, losses, nn, ops, optim, train


def digits():
    """The bundled digits less their mean image: 1,437 to fit and 360 new ones, (N, 64) each."""
    (x, _), (new, _) = data.digits()
    return x.reshape(-1, 64) - x.mean(axis=0).ravel(), new.reshape(-1, 64) - x.mean(axis=0).ravel()


def missed(images, axes):
    """‖x − x̂‖² of each image (N, D), where x̂ = x A Aᵀ; in PCA the columns of A (D, L) are the axes."""
    return ((images - images @ axes @ axes.T) ** 2).sum(axis=1)


def linear_autoencoder(x, size, bias=True, noise=0):
    """Two Dense layers, D → size → D, trained for 300 steps to give back x (N, D) from x + noise."""
    small = lambda shape, *fans: backend.normal(shape, 0.1)
    net = nn.Sequential(nn.Dense(x.shape[1], size, bias, small), nn.Dense(size, x.shape[1], bias, small))
    x, rate = backend.to_device(x.astype(np.float32)), 0.1 / (x ** 2).sum(axis=1).mean()
    train.descend(lambda: losses.squared_error(net(x + noise), x),
                  optim.SGD(net.parameters(), rate, momentum=0.9, nesterov=True), 300)
    return net


# --- What autoencoders are used for -------------------------------------------------------------------------


@erratum("E31", "overclaim", lesson="19",
         ask="PCA copies digits through 8 numbers.  The average of two digits, pixel by pixel, is no digit: "
             "is its error, on average, larger than a digit's, or smaller?",
         right="what PCA misses is linear in the image, so the average of two digits has, on average, half a "
               "digit's error: a small error says “can be copied”, and not “is normal”",
         shows="PCA's error: averages of two digits, all pairs / digits", near=0.5, within=1e-9)
def double_exposure(rng):
    x = rng.permutation(digits()[0])[:200].astype(float)
    mean, axes, _ = judge.pca(x, 8)
    averages = (x[:, None] + x) / 2                             # (200, 200, 64): of each with each
    return missed(averages.reshape(-1, 64) - mean, axes).mean() / missed(x - mean, axes).mean()


@erratum("E75", "overclaim", lesson="19",
         ask="Normal points lie around (0, 0), with deviation 1 along x and 0.1 along y; the code of a "
             "linear autoencoder is one number.  Is the error large for (10, 0), which is ten deviations "
             "away?",
         right="an autoencoder learns what can be copied, not how often it occurs: (10, 0) is copied better "
               "than a normal point is on average",
         shows="error of (10, 0) / mean error of normal points", below=1)
def far_on_the_axis(rng):
    x = rng.normal(size=(5000, 2)) * [1, 0.1]
    net = linear_autoencoder(x, 1)
    far = np.array([[10.0, 0.0]])
    return ((net.predict(far) - far) ** 2).sum() / ((net.predict(x) - x) ** 2).sum(axis=1).mean()


@erratum("E68", "left out", lesson="19",
         ask="A digit has 64 pixels of 17 grey levels, its code 8 numbers of 32 bits.  Which needs more "
             "bits?",
         right="compression is counted in bits: the code has 256, the pixels have 64 log₂ 17 = 262, and "
               "fewer than 256 if each takes as many bits as its entropy; a code must be rounded before it "
               "compresses",
         shows="bits of the pixels, by their entropies / bits of the code", below=1)
def bits_of_a_digit(rng):
    grey = np.rint(data.digits()[0][0].reshape(-1, 64) * 16).astype(int)
    shares = np.array([np.bincount(pixel, minlength=17) for pixel in grey.T]) / len(grey)       # (64, 17)
    entropies = -(shares * np.log2(np.maximum(shares, 1e-12))).sum(axis=1)
    code = nn.Dense(64, 8).predict(grey / 16)                   # not trained: only its size counts
    return entropies.sum() / (8 * code[0].nbytes)


@erratum("E67", "overclaim", lesson="19",
         ask="The points of a circle of radius 2 are copied through two numbers, without any error.  New "
             "codes are drawn from the Gaussian with the codes' mean and covariance, and decoded.  Which "
             "share of the drawn points is within 0.1 of the circle?",
         right="a plain autoencoder learns no distribution of codes: the codes have a hole, and the Gaussian "
               "draws into it and beyond; a VAE trains its codes to fit the Gaussian from which one draws",
         shows="radius 2: share of drawn points within 0.1 of the circle", says=1, near=0.0735, within=0.008)
def drawn_near_the_circle(rng):
    turn = 2 * np.pi * np.arange(100) / 100
    circle = 2 * np.stack([np.sin(turn), np.cos(turn), 0 * turn], axis=1)                       # (100, 3)
    net = linear_autoencoder(circle, 2)
    codes = net[0].predict(circle)
    drawn = net[1].predict(rng.multivariate_normal(codes.mean(axis=0), np.cov(codes.T, bias=True), 50_000))
    return (abs(np.linalg.norm(drawn, axis=1) - 2) < 0.1).mean()            # e^(−1.9²/4) − e^(−2.1²/4)


# --- Undercomplete and sparse autoencoders ------------------------------------------------------------------


@erratum("E14", "left out", lesson="17",
         ask="The points (7, −3), (1, −5), (5, −1), (3, −7) have the mean (4, −4).  PCA with one axis has "
             "the error 2, the mean of ‖x − x̂‖².  What error has a linear autoencoder 2 → 1 → 2 without "
             "biases?",
         right="it needs biases or centred data, else its line goes through (0, 0), and its error here is 8; "
               "it finds PCA's flat, not its axes; and only the decoder must be linear",
         shows="error without biases", says=2, near=8, within=0.01)
def no_bias(rng):
    x = np.array([[7.0, -3], [1, -5], [5, -1], [3, -7]])
    return losses.squared_error(linear_autoencoder(x, 1, bias=False).predict(x), x)


@erratum("E62", "overclaim", lesson="20",
         ask="A number x of variance 1 has the code a x and the copy b a x.  The loss is (1 − a b)² + a², "
             "where a² is the price of a large code.  With b = 1 the best copy is x/2.  And if b is free?",
         right="the copy comes as near to x as one likes, by a small code and a large decoder: a price on "
               "the code alone limits nothing",
         shows="share of x that is copied, a b, after 300 steps", says=0.5, near=1, within=0.05)
def price_on_the_code(rng):
    a, b = Tensor(1.0), Tensor(1.0)
    train.descend(lambda: (1 - a * b) ** 2 + a ** 2, optim.Adam([a, b], 0.1), 300)
    return float(a * b)


@erratum("E26", "factor", lesson="21",
         ask="Units h = ReLU(x W) see random x around 0.  The price λ‖w‖₁ sets half of the numbers in W to "
             "0.  Which share of the h is 0, before and after?",
         right="the price has to be on the code, λ Σ|h|; λ Σ|w| makes zeros in W, but a unit is silent where "
               "x W is below 0, however small W is: here half of the h are 0, before and after",
         shows="share of zeros in h, when half of W is 0", near=0.5, within=0.04)
def zeros_in_the_code(rng):
    x, w = rng.normal(size=(4000, 16)), Tensor(rng.normal(size=(16, 64)))
    optim.shrink([w], 0.6745)                   # |w| is smaller for half of the numbers from N(0, 1)
    return (functions.relu(x @ w.numpy()) == 0).mean()


@erratum("E28", "word", lesson="21",
         ask="Which of x and h is seen, and so not latent?  Let h have the density e^−h, and x = h + noise "
             "of deviation 0.1: for x = 1, is log p(x, best h) equal to log p(x), or below it, or above it?",
         right="only h is latent, for x is seen; and log p(x, best h) is a bound below log p(x) where h is "
               "discrete, but not where h has a density: here it is above by −log(0.1 √2π) = 1.384",
         shows="log p(x, best h) − log p(x)", says=0, near=1.3836, within=0.03)
def one_code_or_all(rng):
    def likelihood(h):                          # p(x = 1 | h)
        return np.exp(-(1 - h) ** 2 / 0.02) / (0.1 * np.sqrt(2 * np.pi))
    h = np.linspace(0, 2, 2001)
    best = (np.exp(-h) * likelihood(h)).max()
    return np.log(best / likelihood(rng.exponential(size=200_000)).mean())


# --- Denoising and variational autoencoders -----------------------------------------------------------------


@erratum("E29", "overclaim", lesson="22",
         ask="Two numbers of variance 1 get noise of variance 1 each.  The best linear denoiser halves both, "
             "and has the error ½ + ½.  What is its error if the code has only one number?",
         right="the code may be larger than the input, for noise forbids copying; a smaller one loses more, "
               "here ½ + 1",
         shows="error with a code of 1 number / of 8 numbers", near=1.5, within=0.1)
def narrow_code(rng):
    x, noise = rng.normal(size=(2, 4000, 2)).astype(np.float32)
    nets = [linear_autoencoder(x, size, noise=backend.to_device(noise)) for size in (1, 8)]
    narrow, wide = (losses.squared_error(net.predict(x + noise), x) for net in nets)
    return narrow / wide


@erratum("E13", "overclaim", lesson="27",
         ask="A code z = m + ε has the distribution N(m, 1).  At m = 0, what is the slope in m of the mean "
             "of (z − 3)²?  Does it need backpropagation through z to find it?",
         right="backpropagation finds it, −6, through z = m + ε, and so trains VAEs; but the score function "
               "needs no slope of z, and has the same mean, here with 55.5 times the variance",
         shows="variance of one draw's slope: score function / backpropagation", near=222 / 4, within=2)
def slope_through_a_draw(rng):
    eps = rng.normal(size=400_000)
    m = Tensor(np.zeros(400_000))
    through, = grad(ops.sum((m + backend.to_device(eps) - 3) ** 2), [m])    # one slope for each draw
    score = (eps - 3) ** 2 * eps                                            # f(z) times the slope of log q(z)
    return ((score + 6) ** 2).mean() / ((backend.to_host(through) + 6) ** 2).mean()


# --- Q29: regularised against denoising ---------------------------------------------------------------------


@erratum("E30", "overclaim", lesson="24",
         ask="A number x of variance 1 has the copy a x.  With the penalty ¼ a², the loss (1 − a)² + ¼ a² is "
             "least at a = 0.8.  Where is it least without a penalty, but with noise of variance ¼ on x?",
         right="denoising is a regularisation, too: noise of variance s² costs s² a² on average, so a is 0.8 "
               "again; other penalties can be added to it; and no theorem says which generalises better",
         shows="the best a, with noise in place of the penalty", near=0.8, within=0.01)
def noise_is_a_penalty(rng):
    x, noise = rng.normal(size=(2, 100_000)) * [[1], [0.5]]
    a, x, noise = Tensor(np.ones(1)), backend.to_device(x), backend.to_device(noise)
    train.descend(lambda: losses.mse(a * (x + noise), x), optim.SGD([a], 0.1), 50)
    return a.item()


# --- Stochastic encoders and decoders -----------------------------------------------------------------------


@erratum("E51", "overclaim", lesson="28",
         ask="A decoder says that a pixel is white with chance 0.8, and it is so.  Which has the smaller "
             "squared error: the mean 0.8, or a draw, which is white with chance 0.8?",
         right="the mean is what is shown as a reconstruction, for a draw adds the pixel's variance to the "
               "error, which doubles it here; and a GAN's generator draws nothing (lesson 33): one z makes "
               "one x",
         shows="squared error of the draw / of the mean", near=2, within=0.035)
def draw_or_mean(rng):
    pixel, draw = (rng.random((2, 400_000)) < 0.8).astype(float)
    return losses.mse(draw, pixel) / losses.mse(np.full(400_000, 0.8), pixel)


@erratum("E50", "overclaim", lesson="24",
         ask="A linear encoder x W with the decoder Wᵀ copies digits through 8 numbers, with and without the "
             "contractive penalty, which here is ‖W‖².  Which one has the larger error on new digits?",
         right="no theorem says that stochastic or contractive encoders generalise better: it depends on the "
               "data and on the measure, and here the penalty makes the copies of new digits worse",
         shows="error on new digits, contractive − plain, in standard errors", above=2)
def contracted_copies(rng):
    x, new = digits()
    fitted = backend.to_device(x[:500])
    plain, tight = (Tensor(0.1 * rng.normal(size=(64, 8))) for _ in range(2))
    loss = lambda: (missed(fitted, plain) + missed(fitted, tight)).mean() + 0.3 * losses.l2([tight])
    train.descend(loss, optim.Adam([plain, tight], 0.03), 200)
    return judge.standard_errors(missed(new, tight.numpy()) - missed(new, plain.numpy()))


@erratum("E77", "word", lesson="33",
         ask="Real numbers come from N(2, 1).  A GAN draws z from N(0, 1), and its generator is "
             "G(z) = z + b.  Which is learned: b, or the distribution of z?",
         right="in a GAN the distribution of z is fixed; the generator is learned, here b = 2",
         shows="b after training", near=2, within=0.12)
def shift_by_a_gan(rng):
    real, z = (backend.to_device(mean + rng.normal(size=4000)) for mean in (2, 0))
    b, u = Tensor(np.zeros(1)), Tensor(np.zeros(1))             # u x is the logit of the discriminator
    for _ in range(200):
        train.train_step(lambda: losses.gan_discriminator(u * real, u * (z + b)), optim.SGD([u], 0.3))
        train.train_step(lambda: losses.gan_non_saturating(u * (z + b)), optim.SGD([b], 1))
    return b.item()


@erratum("E66", "overclaim", lesson="27",
         ask="The code z comes from N(0, 1), and x = z + noise of variance 1.  An x of 20 hardly "
             "ever comes.  Is the variance of z, given x, larger for x = 20 than for x = 0?",
         right="it is ½ for every x: a code's variance says how well x fixes z, and no theorem makes it "
               "larger where x is unusual",
         shows="variance of z given x = 20 / given x = 0, by Bayes' rule", near=1, within=1e-9)
def width_of_the_posterior(rng):
    z = np.linspace(-30, 30, 6001)
    chances = [np.exp(-z ** 2 / 2 - (x - z) ** 2 / 2) for x in (20, 0)]     # but for a factor
    means = [(p * z).sum() / p.sum() for p in chances]
    unusual, usual = ((p * (z - mean) ** 2).sum() / p.sum() for p, mean in zip(chances, means))
    return unusual / usual


# --- Regularizing autoencoders ------------------------------------------------------------------------------


@erratum("E27", "left out", lesson="23",
         ask="The code is h = ReLU(x W), the copy h A.  Divide W by 100, and multiply A by 100.  What "
             "becomes of the copy, of Σ|h|, and of ‖J‖², the sum of the squared slopes of h?",
         right="the copies stay, Σ|h| is 100 times and ‖J‖² 10,000 times smaller, but the same units are "
               "silent; so the decoder must be tied to the encoder, or its length be held",
         shows="‖J‖² after / before, at equal copies", near=1e-4, within=1e-8)
def escape(rng):
    x, w, a = rng.normal(size=(50, 8)), rng.normal(size=(8, 12)), rng.normal(size=(12, 8))
    def loss(w, a, price):                      # ‖x − x̂‖² + price · ‖J‖²
        h = functions.relu(x @ w)
        return losses.squared_error(h @ a, x) + price * losses.jacobian_penalty([(h > 0) * 1.0], [w])
    copies = loss(w, a, 0)
    return (loss(w / 100, a * 100, 1) - copies) / (loss(w, a, 1) - copies)


@erratum("E63", "overclaim", lesson="21",
         ask="A unit that says 1 for 5 images in 100 has the mean 0.05, and so has one that says about 0.05 "
             "to all.  Can sixteen of the second kind copy digits as well as PCA with 16 numbers, and what "
             "does the KL to 0.05 cost them?",
         right="they can, by long rows in the decoder, and it costs them almost nothing: a small mean does "
               "not make a unit silent",
         shows="16 units, always 0.045 to 0.055: (error + KL) / PCA's error", near=1, within=0.01)
def whispers(rng):
    x = digits()[0]
    axes = judge.pca(x, 16)[1]
    h = functions.sigmoid(np.log(0.05 / 0.95) + 0.01 * x @ axes)
    copies = (h - 0.05) / (0.01 * 0.05 * 0.95) @ axes.T         # σ is almost straight here
    return (losses.squared_error(copies, x) + losses.sparsity_kl(h, 0.05)) / missed(x, axes).mean()


@erratum("E55", "overclaim", lesson="20",
         ask="An autoencoder whose code is larger than the image learns to copy.  Must its error on "
             "validation images start to rise?",
         right="copying need not raise it, for the identity has no error on any image: here a linear one is "
               "not stopped in 100 epochs",
         shows="epochs trained of 100, with a stop at the first rise", near=100, within=0.5)
def when_to_stop(rng):
    x, new = digits()
    net = nn.Sequential(nn.Dense(64, 128), nn.Dense(128, 64))
    history = train.fit(net, lambda net, x: losses.squared_error(net(x), x), (x[:400],), validation=(new,),
                        optimizer=optim.SGD(net.parameters(), 0.02), epochs=100, batch_size=400,
                        stop=train.EarlyStopping(patience=1), quiet=True)
    return len(history["loss"])
