"""
The VAE on images, and stochastic decoders
==========================================

Throw dice, decode them, and look at a digit that nobody wrote.  A variational autoencoder promises this for
the price of one more term in its loss.  What do the two terms want?  And what is it to decode, when the
answer is not an image but a distribution of images?

Needs: lessons 17 and 27.
From: 000; 001, "Stochastic Encoders and Decoders"; 002, model f3; 003, "Autoencoder variacional"; 004.
Time: quick 10 s, full 3 min on two cores.
"""
import math

import numpy as np

from lessons.book import begin
from minidl import Tensor, backend, functions, init, losses, nn, no_grad, ops, optim, plot, schedules, train
from minidl.tensor import value

lesson = begin("28_vae")

# %%
# One number, seen through noise
# ------------------------------
# A secret number z is drawn from the prior p(z) = N(0, 1).  We are shown x = z + noise, the noise of variance
# 0.1; in other words, the decoder is p(x|z) = N(z, 0.1).  What was z?  The encoder answers not with a number
# but with a distribution, q(z|x) = N(m, s²), and pays in two terms:
#
#     R = E_q[−log p(x|z)] = ½ log(2π · 0.1) + ((x − m)² + s²) / 0.2         reconstruction
#     K = KL(q ‖ p(z))     = ½ (m² + s² − 1 − log s²)                        Kullback-Leibler divergence
#
# Both are in nats, for the logarithms are natural.  Lesson 27: R + K is never below −log p(x), and reaches it
# where q is the posterior p(z|x).  (The ELBO, a lower bound on log p(x), is −(R + K); 002 forgets the minus.)
#
# Let x = 1.1.  Over all z, x is N(0, 1.1), so that −log p(x) = ½ log(2π · 1.1) + 1.21/2.2 = 1.5166.  The
# posterior is N(1, 1/11), and there R = 0.2722 and K = 1.2444.
def terms(m, log_var, std):
    """R and K at x = 1.1 for a code z = m + std · ε and a K that is told log_var."""
    return (0.5 * math.log(2 * math.pi * 0.1) + ((1.1 - m) ** 2 + std ** 2) / 0.2,
            0.5 * (m ** 2 + np.exp(log_var) - 1 - log_var))

evidence = 0.5 * math.log(2 * math.pi * 1.1) + 1.21 / 2.2       # −log p(x)
rows = []
for name, m, var in (("copy", 1.1, 0.001), ("prior", 0, 1), ("posterior", 1, 1 / 11)):
    R, K = terms(m, math.log(var), math.sqrt(var))
    rows.append((f"{name}: N({m}, {var:.3g})", R, float(K), float(R + K)))
lesson.table(rows, header=("q", "R", "K", "R + K"))
error = abs(rows[-1][-1] - evidence)
lesson.claim("at the posterior N(1, 1/11), R + K = −log p(x)", error < 1e-12, rows[-1][-1])

# %%
# Read the table by columns.  R alone would copy: m = x and s = 0, every q a needle.  K alone would forget:
# m = 0 and s = 1, whatever x is.  Each can be had for next to nothing; the bill is for both.
ms, log_vars = np.linspace(-1, 2, 301)[:, None], np.linspace(-6, 2, 801)
right = sum(terms(ms, log_vars, np.exp(0.5 * log_vars)))        # (301, 801)
lesson.claim("no other q of 241,101 pays less", right.min() > evidence - 1e-12, right.min())

# %%
# The network
# -----------
# Now x is an image of D pixels, and z a code of L numbers.  The encoder is a network with two outputs, m and
# log s².  A logarithm may have either sign, so the network need not know that variances are positive.  (003
# calls σ² "la desviación estándar"; it is the variance.  And its θ_e are the encoder's parameters, not "del
# decodificador".)  For each image one z = m + s ε is drawn, ε ~ N(0, I): lesson 27's reparametrisation, which
# lets the slopes through.
class VAE(nn.Module):
    """x (N, D) → what is decoded from a z of q(z|x), (N, D), and q's mean and log s², (N, L) each."""

    def __init__(self, pixels, hidden, codes):
        self.hidden = nn.Dense(pixels, hidden, init=init.glorot)
        self.mean, self.log_var = (nn.Dense(hidden, codes, init=init.glorot) for _ in range(2))
        self.decoder = nn.Sequential(nn.Dense(codes, hidden, init=init.glorot), nn.ReLU(),
                                     nn.Dense(hidden, pixels, init=init.glorot))

    def encode(self, x):
        h = functions.relu(self.hidden(x))
        return self.mean(h), self.log_var(h)

    def forward(self, x):
        mean, log_var = self.encode(x)
        std = ops.exp(0.5 * log_var)
        z = mean + std * backend.normal(mean.shape)
        return self.decoder(z), mean, log_var

# %%
# The decoder's answer is a distribution p(x|z).  The first kind: each pixel is a coin, which falls on ink
# with probability σ(logit).  (A Bernoulli distribution.)  Then R is the cross-entropy.  Both terms are sums
# over one image and means over the images; so both are in nats per image, and may be added.
def bernoulli(model, x):
    logits, mean, log_var = model(x)
    return {"reconstruction": losses.bce_with_logits(logits, x), "KL": losses.gaussian_kl(mean, log_var)}

(x_train, y_train), (x_test, y_test) = lesson.images()
x_train, x_test = (x.reshape(len(x), -1) for x in (x_train, x_test))    # (N, D)
D, side, big = x_train.shape[1], math.isqrt(x_train.shape[1]), lesson.data == "mnist"
hidden, L = (400, 20) if big else (128, 8)

def trained(model, loss, x, rate, batch, steady, falling, **settings):
    """The model after Adam on x (N, D), some epochs at a steady rate, some at a falling one; its History."""
    fall, share = schedules.cosine(rate), steady / (steady + falling)
    return model, train.fit(model, loss, (x,), optimizer=optim.Adam(model.parameters(), rate),
                            schedule=lambda done: fall(max(0, done - share) / (1 - share)), batch_size=batch,
                            epochs=steady + falling, quiet=lesson.quick, **settings)

recipe = (1e-3, 128, 12, 6) if big else (3e-3, 32, 20, 20)
model, history = trained(VAE(D, hidden, L), bernoulli, x_train, *recipe, validation=(x_test,))

# %%
# Is that a good loss?
# --------------------
# A grey pixel, x = 0.5, costs log 2 even if the decoder says 0.5.  So with the cross-entropy of 003, or of
# 000, a perfect copy does not cost 0 but the entropy of the pixels: that is the floor.  From above, a decoder
# that ignores z and says the mean image needs no K at all.  A VAE must beat that.
def both(model, loss, x):
    """{term: its value on x}, each image with one z, as numbers."""
    with no_grad():
        return {name: float(term) for name, term in loss(model, backend.to_device(x)).items()}

def answers(f, x):
    """The outputs of f(x), a network's, as host arrays."""
    with no_grad():
        return [backend.to_host(value(t)) for t in f(backend.to_device(x))]

def against(p, x=x_test.astype(np.float64)):
    """The cross-entropy of the pixels x when the decoder says p, in nats per image."""
    return float(-(x * np.log(p + 1e-12) + (1 - x) * np.log(1 - p + 1e-12)).sum(axis=1).mean())

floor, no_code = against(x_test), against((x_train.sum(axis=0) + 0.5) / (len(x_train) + 1))
R, K = both(model, bernoulli, x_test).values()
lesson.table([("R", R), ("K", K), ("R + K", R + K), ("floor", floor), ("mean image", no_code)],
             header=("new images", "nats"))
lesson.claim("floor < R, and R + K < the mean image's loss", floor < R and R + K < no_code,
             (floor, R, R + K, no_code))
lesson.claim("MNIST's floor is 45.5 nats", abs(floor - 45.5) < 0.05, floor, data="mnist")

# %%
# The number to compare with is that of PyTorch's own example, which has this network, these batches and Adam
# at 0.001: 105.56 nats on the test images after 10 epochs, 103.90 after 13 or more.  Our rate is steady for
# 12 epochs and falls to 0 in 6 more.  (Numbers compare only on the same pixels.  Many papers round them to 0
# and 1: another floor, another loss.)
test_loss = history["validation loss"]
lesson.claim("MNIST: test loss after 10 epochs ≤ 106.0 nats (PyTorch's example: 105.56)",
             test_loss[9] <= 106.0, test_loss[9], full=True, data="mnist")
lesson.claim(f"and ≤ 103.9 after {len(test_loss)}", test_loss[-1] <= 103.9, test_loss[-1],
             full=True, data="mnist")

# %%
import matplotlib.pyplot as plt

with plt.rc_context(plot.STYLE):
    figure, ax = plt.subplots(figsize=(plot.WIDTH, 3))
    epochs, K = np.arange(1, len(test_loss) + 1), np.array(history["KL"])
    ax.fill_between(epochs, K, color=plot.COLOURS[0], alpha=0.6, linewidth=0)
    ax.fill_between(epochs, K, history["loss"], color=plot.COLOURS[3], alpha=0.4, linewidth=0)
    ax.plot(epochs, test_loss, color=plot.INK)
    for level, name in ((no_code, "the mean image, K = 0"), (floor, "floor: the entropy of the pixels")):
        ax.axhline(level, color=plot.INK, linewidth=0.6, linestyle=":")
        ax.text(epochs[-1], level, name, ha="right", va="bottom")
    ax.text(epochs.mean(), K.mean() / 2, "K: what z says of the image", ha="center", va="center")
    ax.text(epochs.mean(), (floor + min(test_loss)) / 2, "R: what z leaves open", ha="center", va="center")
    ax.set(xlabel="epoch", ylabel="nats per image", ylim=(0, None))
    ax.xaxis.get_major_locator().set_params(integer=True)
lesson.picture(figure, "terms",
               "The two terms, one upon the other, on the training images; black: their sum on new ones")

# %%
# K rises while the sum falls: a nat spent on z saves more than a nat in R.  And here is what it was for.
# Forty codes z ~ N(0, I), which no image was ever encoded to, decoded:
z = backend.normal((40, L))
images = functions.sigmoid(model.decoder.predict(z)).reshape(-1, side, side)
lesson.picture(plot.image_grid(images), "samples",
               "Dice, decoded: the mean of p(x|z) for forty z from the prior")

# %%
# What each term wants
# --------------------
# Now in two dimensions, to be looked at.  Three networks: one with R alone, one with both, one with K alone.
# Beside R and K we count which share of the drawn codes has ‖z‖ < 2.  For N(0, I) it is 1 − e⁻² = 0.865.
def only(*names):
    return lambda model, x: {name: term for name, term in bernoulli(model, x).items() if name in names}

few, brief = x_train[:10_000], (3e-3, 64, 0, 6) if big else (5e-3, 32, 0, 25)
flat, wants, rows = {}, {}, []
for name, loss in (("R alone", only("reconstruction")), ("R + K", bernoulli), ("K alone", only("KL"))):
    print(f"{name} …", flush=True)
    flat[name], _ = trained(VAE(D, 128, 2), loss, few, *brief)
    R, K = wants[name] = tuple(both(flat[name], bernoulli, few).values())
    centres, widths = answers(flat[name].encode, few)
    z = centres + np.exp(0.5 * widths) * backend.rng().normal(size=centres.shape)
    rows.append((name, R, K, R + K, (np.hypot(*z.T) < 2).mean()))
lesson.table(rows, header=("", "R", "K", "R + K", "‖z‖ < 2"))
best = [min(wants, key=lambda name: worth @ np.array(wants[name])) for worth in ([1, 0], [1, 1], [0, 1])]
lesson.claim("each loss wins at its own game: least R, least R + K, least K", best == list(wants), best)

# %%
from matplotlib.collections import EllipseCollection

def clouds(ax, net, n=400):
    """q(z|x) of n images as ellipses, one s wide, coloured by digit."""
    centres, log_vars = answers(net.encode, few[:n])
    colours = [plot.COLOURS[label] for label in y_train[:n]]
    ellipses = EllipseCollection(*2 * np.exp(0.5 * log_vars).T, np.zeros(n), units="xy", offsets=centres,
                                 transOffset=ax.transData, edgecolors=colours, linewidths=0.6)
    ellipses.set_facecolor("none")
    ax.add_collection(ellipses)
    ax.scatter(*centres.T, s=1, color=colours)
    ax.add_patch(plt.Circle((0, 0), 2, fill=False, linestyle=":", color=plot.INK, zorder=3))
    reach = max(3, 1.1 * abs(centres).max())
    ax.set(xlim=(-reach, reach), ylim=(-reach, reach), aspect="equal", xlabel="z₁", ylabel="z₂")

def dice(ax, net, rows=3, columns=5):
    """Images decoded from the prior."""
    logits = net.decoder.predict(backend.normal((rows * columns, 2))).reshape(rows, columns, side, side)
    made = np.pad(functions.sigmoid(logits), ((0, 0), (0, 0), (1, 1), (1, 1)), constant_values=1)
    ax.imshow(made.swapaxes(1, 2).reshape(rows * (side + 2), -1), "gray", vmin=0, vmax=1)
    ax.axis("off")

# %%
with plt.rc_context(plot.STYLE):
    figure, axs = plt.subplots(2, 3, figsize=(plot.WIDTH, 3.7), height_ratios=(5, 3))
    for (above, below), (name, net) in zip(axs.T, flat.items()):
        clouds(above, net)
        dice(below, net)
        above.set_title("{}: R {:.0f}, K {:.1f}".format(name, *wants[name]))
lesson.picture(figure, "wants", "Above: q(z|x) of 400 images, one s wide, a colour a digit; dotted: "
               "‖z‖ = 2.  Below: z from the prior, decoded")

# %%
# On the left every q is a needle, the copies are best, and the dice are worth least: N(0, I) falls on a spot
# of a map that is far larger.  On the right all q are the prior; z is noise, and the decoder was never told
# anything.  In the middle the q overlap where their images are alike, and together they come near the prior,
# though not quite (last column).  So R holds the images apart, and K draws them to where the dice can reach.
#
# The decoder rolls dice, too
#
# 001: "The decoder then samples from this distribution to reconstruct the output".  It may, but what one
# shows, and we above, is mostly the mean x̂ of p(x|z).  A sample is x̂ and noise, pixel by pixel: for any x
#
#     E‖sample − x‖² = ‖x̂ − x‖² + Σ variance of the pixels         coins: Σ x̂(1 − x̂);  Gaussian: D σ²
#
# Gaussian is the second kind of decoder: each pixel N(x̂, σ²), with one σ for all, learned like a weight.
# Then R = ‖x − x̂‖²/2σ² + D/2 · log 2πσ².
class GaussianVAE(VAE):
    """A VAE whose decoder says N(x̂, σ²) for each pixel; `noise` is log σ²."""

    def __init__(self, pixels, hidden, codes, noise, learned=True):
        super().__init__(pixels, hidden, codes)
        self.noise = Tensor(np.full(1, noise, np.float32)) if learned else noise

def gaussian(model, x):
    x_mean, mean, log_var = model(x)
    R = losses.gaussian_nll(x, x_mean, model.noise)
    return {"reconstruction": R, "KL": losses.gaussian_kl(mean, log_var)}

V = float(few.var(axis=0).sum())                                # the mean image's ‖x − x̂‖²
painter, _ = trained(GaussianVAE(D, hidden, L, math.log(V / D)), gaussian, few, *brief)

# %%
noise = math.exp(painter.noise.item())                          # σ²
coins, paint = functions.sigmoid(answers(model, x_test)[0]), answers(painter, x_test)[0]
flipped = (backend.rng().random(coins.shape) < coins).astype(np.float32)
splashed = paint + backend.rng().normal(0, math.sqrt(noise), paint.shape)
rows, apart = [], []
for name, x̂, sample, variance in (("coins", coins, flipped, coins * (1 - coins)),
                                  ("Gaussian", paint, splashed, noise + 0 * paint)):
    of_mean, of_sample = (((image - x_test) ** 2).sum(axis=1) for image in (x̂, sample))
    expected = variance.sum(axis=1)
    excess = of_sample - of_mean - expected                     # (N,), mean 0 by theory
    rows.append((name, of_mean.mean(), of_sample.mean(), expected.mean()))
    apart.append(abs(excess.mean()) / (excess.std() / math.sqrt(len(x_test))))
lesson.table(rows, header=("decoder", "‖mean − x‖²", "‖sample − x‖²", "Σ variance"))
lesson.claim("a sample's squared error is the mean's plus Σ variance, within 4 standard errors",
             max(apart) < 4, apart)

# %%
# The slope of R in log σ² is D/2 · (1 − MSE/σ²), with MSE = ‖x − x̂‖²/D in the mean.  So training takes σ²
# down to the MSE (ours is still on its way), where a sample is twice as wrong as the mean.  Given z, the
# pixels are independent: their noise is snow, not strokes.  That is why one shows the mean.  A GAN, in 001's
# list of stochastic models, has no such noise: its generator is a function of z (lesson 32).
lesson.record("learned σ² / MSE on the training images", noise / losses.mse(answers(painter, few)[0], few))
shown = [int(np.flatnonzero(y_test == digit)[0]) for digit in range(10)]
images = np.concatenate([x[shown] for x in (x_test, coins, flipped, paint, splashed)]).clip(0, 1)
names = ("new image", "coins: x̂", "a sample", "Gaussian: x̂", "a sample")
titles = [name if i == 0 else "" for name in names for i in range(10)]
lesson.picture(plot.image_grid(images.reshape(-1, side, side), titles=titles), "decoders",
               "New images; coins, mean and sample; Gaussian pixels, mean and sample")

# %%
# What goes wrong: MSE + KL (000, 002)
# ------------------------------------
# 000 adds K to "a reconstruction loss (like Mean Squared Error or Cross-Entropy)", and 002's f3 has the total
# loss "MSE + (KL-divergence".  But K is in nats.  The MSE is not, until it is multiplied by D/2σ²; to leave
# the factor out is to choose σ:
#
#     MSE + K  =  R + K − constant      where D/2σ² = 1,   σ² = D/2
#     ‖x − x̂‖² + K                      where 1/2σ² = 1,   σ² = ½
#
# A mean for a sum, and a nat of K weighs D times more.  With D = 784 the mean believes in pixels of deviation
# √392 = 20, on a scale from 0 to 1; what could such an image say?  Let V/D be the MSE of the mean image, for
# which no code is needed, K = 0.  As MSE ≥ 0, whoever pays no more than that has K ≤ V/D, which is below 0.1.
# To say which of ten digits it is takes log 10 = 2.3 nats.
a, b, x = (backend.rng().normal(size=(5, D)) for _ in range(3))
gap = [losses.mse(a, x) - losses.mse(b, x),
       losses.gaussian_nll(x, a, math.log(D / 2)) - losses.gaussian_nll(x, b, math.log(D / 2))]
lesson.claim("MSE is the Gaussian R with σ² = D/2, less a constant", abs(gap[0] - gap[1]) < 1e-9, gap)

# %%
# In the table, beside σ²: how many of PCA's variances (lesson 17) are above it.  A linear VAE uses those
# directions and leaves the others to the prior (Lucas et al. 2019).  Ours bends, but under the same weight.
painters = {"R + K, σ² learned": painter}
for name, believed in (("‖x − x̂‖² + K, σ² = ½", 1 / 2), ("MSE + K, σ² = D/2", D / 2)):
    net = GaussianVAE(D, hidden, L, math.log(believed), learned=False)
    painters[name], _ = trained(net, gaussian, few, *brief)
variances, rows = np.linalg.eigvalsh(np.cov(few.T)), []
for name, net in painters.items():
    x̂, mean, log_var = answers(net, few)
    σ2, K = float(np.exp(value(net.noise)).item()), float(losses.gaussian_kl(mean, log_var))
    rows.append((name, σ2, int((variances > σ2).sum()), float(losses.squared_error(x̂, few)), K))
lesson.table(rows + [("mean image", "", "", V, 0.0)],
             header=("", "σ²", "variances above", "‖x − x̂‖²", "K"))
lesson.claim("MSE + K: no more than V/D nats of code (K, V/D)", K <= V / D, (K, V / D))

# %%
# What goes wrong: exp(log_var) (004)
# -----------------------------------
# 004 draws z_mean + exp(z_log_variance) * epsilon.  The exponential of a log *variance* is a variance.  The
# deviation is its square root, exp(½ log_var): for log_var = log 4 it is 2, and 004's is 4.
#
# It trains all the same.  R sees a z of deviation e^log_var, K is told another, and the network finds the
# log_var that suits both.  Back to the pencil, x = 1.1: with s = e^log_var the sum has the terms s²/0.2 and
# ½(s − log s), least where 20 s² + s − 1 = 0.  So s = 1/5, m = 1, and R + K = 0.9224.  But no q can go below
# −log p(x) = 1.5166.
wrong = sum(terms(ms, log_vars, np.exp(log_vars)))
at_best = sum(terms(1, math.log(1 / 5), 1 / 5))
lesson.claim("004's R + K goes below −log p(x), to 0.9224: it is no bound (R + K, −log p)",
             abs(at_best - 0.9224) < 1e-4 and 0 <= wrong.min() - at_best < 1e-3 and at_best < evidence,
             (at_best, evidence))

# %%
# The error has one sign.  For the z that is drawn, of deviation s, K should have s² and log s² where 004's K
# has s and log s:
#
#     right K − 004's K  =  ½ Σ (s² − s − log s)  ≥ 0         as log s ≤ s − 1 ≤ s (s − 1), equal at s = 1
#
# So what that code reports is always too good, and the more so the sharper its q.
s = np.exp(np.linspace(-5, 2, 701))
too_good = 0.5 * (s ** 2 - s - np.log(s))
lesson.claim("004's K is too small at each of 701 s, but for s = 1",
             too_good.min() > -1e-15 and abs(s[too_good.argmin()] - 1) < 1e-9, too_good.min())

# %%
# What goes wrong: ⊙ for a matrix product (003)
# ---------------------------------------------
# 003 draws z = M + L ⊙ ε.  As ⊙ is elementwise, L has to be the vector of deviations.  If z shall have a full
# covariance C = LLᵀ, with L a triangular matrix, as the letter suggests, it has to be the product Lε.  Here
# C = [[1, 0.8], [0.8, 1]], so L = [[1, 0], [0.8, 0.6]].
#
# Test a sampler before a network hides its faults.  Each line below will be a mean of 100,000 draws, and has
# to be within 4 standard errors (deviation/√n) of theory; chance breaks that once in 16,000 lines.
ε = backend.rng().standard_normal((100_000, 2))
z = 1 + math.sqrt(1 / 11) * ε[:, 0]                             # from the pencil's posterior
log_q, log_p = 0.5 * (math.log(11) - ε[:, 0] ** 2), -0.5 * z ** 2           # less ½ log 2π, both
product, elementwise = ε @ np.array([[1, 0], [0.8, 0.6]]).T, np.array([1, 1]) * ε
draws = [("variance at log_var = log 4", 4, (np.exp(0.5 * math.log(4)) * ε[:, 0]) ** 2),
         ("the same, with 004's exp(log_var)", 16, (np.exp(math.log(4)) * ε[:, 0]) ** 2),
         ("K = E log q/p by the pencil's q", (1 / 11 + math.log(11)) / 2, log_q - log_p),
         ("covariance of Lε", 0.8, product.prod(axis=1)),
         ("covariance of L ⊙ ε, L the deviations", 0, elementwise.prod(axis=1))]

# %%
# What goes wrong: "cannot be trained using backpropagation" (001)
# ----------------------------------------------------------------
# 001 says so of VAEs, "because of the random variable between input and output".  All of ours were.  In
# z = m + s ε the chance is in ε, an input like x; the rest is a product and a sum.  Even a sample that hides
# how it was made has a slope, the score function's, f(z) ∂log q/∂m.  For f = (z − 3)², z = m + ε, at m = 0,
# both slopes have the mean −6:
#
#     2(z − 3)      variance 4
#     (z − 3)² z    variance E z²(z − 3)⁴ − 36 = 15 + 54 · 3 + 81 − 36 = 222          (E z⁶ = 15, E z⁴ = 3)
#
# So the second wants 55 times as many draws for the same precision: that is what reparametrisation is for.
z = ε[:, 0]
draws += [("slope, reparametrised", -6, 2 * (z - 3)), ("slope, score function", -6, (z - 3) ** 2 * z),
          ("its variance, reparametrised", 4, (2 * (z - 3) + 6) ** 2),
          ("its variance, score function", 222, ((z - 3) ** 2 * z + 6) ** 2)]
rows = [(name, float(theory), of.mean(), of.std() / math.sqrt(len(of))) for name, theory, of in draws]
lesson.table(rows, header=("", "theory", "measured", "standard error"))
lesson.claim("nine means of draws, each within 4 standard errors of theory (largest)",
             all(abs(mean - theory) < 4 * error for _, theory, mean, error in rows),
             max(abs(mean - theory) / error for _, theory, mean, error in rows))

# %%
# Left open
# ---------
# 004: continuity "forces every direction in the latent space to encode a meaningful axis".  N(0, I) is round
# and has no axes; what directions mean, and how many are in use, is lesson 29.  002's f4 aims z at a
# "Gaussian", or at a "Std. Gaussian": the dice need a prior that one can still draw from when the batch is
# gone.  Whether a stochastic encoder has "better generalization" (000, 001) nothing here has shown; lesson 24
# measures it.
#
# Try it yourself
# ---------------
# 1. Train the VAE with std = exp(log_var) and the usual K.  What does it report, and what is its true R + K?
# 2. Weigh R twice, then K twice.  Where do the two terms settle?  (Lesson 30 draws the curve.)
# 3. Round the pixels to 0 and 1.  What is the floor now?  Why do samples of the coins still look like snow?
#
# Sources
# -------
# D. Kingma and M. Welling (2014), Auto-encoding variational Bayes.
# D. Rezende, S. Mohamed and D. Wierstra (2014), Stochastic backpropagation and approximate inference in deep
# generative models.
# J. Lucas et al. (2019), Don't blame the ELBO! A linear VAE perspective on posterior collapse.
# PyTorch, the repository of examples, "vae": the network of the MNIST run and the figures beside it.
lesson.end()
