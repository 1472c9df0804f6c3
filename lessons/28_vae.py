"""
The VAE on images, and stochastic decoders
==========================================

The decoder of an autoencoder turns the code of a digit into the digit (lesson 17).  Give it random numbers in
place of a code: will it draw digits?  A variational autoencoder (VAE) has one more term in its loss for that.
What does each of the two terms want?  And how good is the result, in numbers?

Needs: lessons 02, 12, 17, 27 and 39.
From: the encoder notes (000), the course notes (001), the cube report (002), the exam paper (003) and the VAE
slides (004); lessons/DOCUMENTS.md says what they are.
New words: variational autoencoder, dice, floor.
Time: quick 10 s, full 3 min on two cores.
"""
import math

import numpy as np

from lessons import judge, networks
from lessons.lesson import begin
from minidl import backend, functions, init, losses, nn, ops, optim, plot, schedules, train

lesson = begin("28_vae")

# %%
# By hand: one number, seen through noise
# ---------------------------------------
# A secret number z is drawn from the prior p(z) = N(0, 1).  We see x = z + noise of variance 0.1, so the
# decoder is p(x|z) = N(z, 0.1).  What was z?  An encoder answers with a distribution, q(z|x) = N(m, s²).  It
# is judged by lesson 27's reconstruction term R and Kullback-Leibler term K:
#
#     R = E_q[−log p(x|z)] = ½ log(2π · 0.1) + ((x − m)² + s²) / 0.2
#     K = KL(q ‖ p(z))     = ½ (m² + s² − 1 − log s²)
#
# The logarithms are natural: both terms are in nats.  Lesson 27 shows the two results that are used here:
#
# - R + K ≥ −log p(x) for every q, and equal where q is the posterior p(z|x).  (−R − K is the ELBO.)
# - Reparametrisation: draw z as m + s ε, ε ~ N(0, 1).  The chance is then an input, like x, and m and s get
#   their slopes through a product and a sum.
#
# Let x = 1.1.  Over all z, x is N(0, 1.1), so −log p(x) = ½ log(2π · 1.1) + 1.21/2.2 = 1.5166.  The posterior
# is N(1, 1/11), where R = 0.2722 and K = 1.2444.  Guess first: which q has the least R?  The least K?
def terms(m, variance):
    r = 0.5 * math.log(2 * math.pi * 0.1) + ((1.1 - m) ** 2 + variance) / 0.2
    k = 0.5 * (m ** 2 + variance - 1 - math.log(variance))
    return r, k, r + k

pencil = {"a copy": terms(1.1, 0.001), "the prior": terms(0, 1), "the posterior": terms(1, 1 / 11)}
lesson.table([(name, *three) for name, three in pencil.items()], header=("q", "R", "K", "R + K"))
gap = pencil["the posterior"][2] - (0.5 * math.log(2 * math.pi * 1.1) + 1.21 / 2.2)
lesson.check("at the posterior R + K = −log p(x)", abs(gap) < 1e-12, gap)

# %%
# The network
# -----------
# R alone copies: m = x, s = 0.  K alone forgets: m = 0, s = 1, whatever x is.  Now x is an image of D pixels,
# and z a code of L numbers.  The encoder has 2L outputs: L means and L logarithms of variances.  A logarithm
# may have either sign, so no variance can come out negative.
class VAE(nn.Module):
    """x (N, D) → what the decoder makes of one z of q(z|x); q's mean and log-variance, (N, L) each."""
    def __init__(self, encoder, decoder):
        self.encoder = encoder                                  # x (N, D) → (N, 2L)
        self.decoder = decoder                                  # z (N, L) → (N, D)

    def encode(self, x):
        both = self.encoder(x)
        codes = both.shape[1] // 2
        return both[:, :codes], both[:, codes:]

    def forward(self, x):
        mean, log_var = self.encode(x)
        std = ops.exp(0.5 * log_var)
        z = mean + std * backend.normal(mean.shape)
        return self.decoder(z), mean, log_var

# %%
# The decoder's answer is a distribution, too.  The first kind: each pixel is a coin that shows ink with
# probability σ(s), s the decoder's output.  Then R is the sum of the pixels' cross-entropies.  Both terms are
# sums over what one image holds and means over the images: in nats per image, they may be added.
def coins(net, x):
    logits, mean, log_var = net(x)
    return {"R": losses.bce_with_logits(logits, x), "K": losses.gaussian_kl(mean, log_var)}

def vae(hidden, codes):
    sizes = (784, hidden), (hidden, 2 * codes), (codes, hidden), (hidden, 784)
    hide, to_code, unhide, to_image = (nn.Dense(*pair, init=init.glorot) for pair in sizes)
    return VAE(nn.Sequential(hide, nn.ReLU(), to_code), nn.Sequential(unhide, nn.ReLU(), to_image))

(x_train, y_train), (x_test, y_test) = lesson.images(size=32)               # the digits, too, at MNIST's size
x_train, x_test = (x[:, :, 2:-2, 2:-2].reshape(-1, 784) for x in (x_train, x_test))         # without a frame
lesson.rng("code of 20")
model = vae(lesson.pick(digits=200, mnist=400), 20)

# %%
def look(net, x):
    """The network's three outputs for x, on the host; each look draws the same ε."""
    lesson.rng("a look")
    return [output.numpy() for output in net(backend.to_device(x))]

def per_image(net, x):
    """R and K of each image by their formulas, in nats, where pixels are coins: (N,) and (N,)."""
    logits, mean, log_var = look(net, x)
    r = (np.logaddexp(0, logits) - x * logits).sum(axis=1)      # −x log σ(s) − (1 − x) log(1 − σ(s))
    return r, 0.5 * (mean ** 2 + np.exp(log_var) - 1 - log_var).sum(axis=1)

shared = networks.VAE(model.encoder, model.decoder)
same = [np.array_equal(a, b) for a, b in zip(look(model, x_test), look(shared, x_test))]
lesson.check("networks.VAE, for later lessons, is this network", all(same))

# %%
# Is that a good loss?
# --------------------
# On MNIST this is PyTorch's example: its network, batches of 128, 10 epochs of Adam (lesson 39) at 0.001.  It
# reports 105.56 nats on the test images, and 103.90 later.  Nine trial runs of ours gave 105.4 to 105.9 after
# 10 epochs, with a deviation of 0.15; the first limit is five of those.  Then our rate falls to 0.  The
# second limit is a thin one: a trial run ended at 103.4, three deviations below it.
rate, batch, steady, falling = lesson.pick(digits=(5e-3, 32, 8, 12), mnist=(1e-3, 128, 10, 8))
settings = {"optimizer": optim.Adam(model.parameters(), rate), "batch_size": batch, "quiet": lesson.quick,
            "metrics": {"test loss": lambda net: train.evaluate(net, coins, (x_test,))}}
print("code of 20 …", flush=True)
before = train.fit(model, coins, (x_train,), epochs=steady, **settings)
after = train.fit(model, coins, (x_train,), epochs=falling, schedule=schedules.cosine(rate), **settings)
history = {name: before[name] + after[name] for name in before}
reached = history["test loss"]
lesson.claim("test loss after 10 epochs", reached[9], near=105.56, within=0.75, full=True, data="mnist")
lesson.claim("test loss at the end", reached[-1], below=103.90, full=True, data="mnist")
lesson.picture(plot.curves(history, ylabel="nats per image"), "terms",
               "K is what z says of an image, R is what z leaves open; the loss is their sum.")

# %%
# A grey pixel, x = 0.5, costs log 2 even if the decoder says 0.5: the floor of R is the pixels' entropy.  The
# rivals of a VAE have a code, too: z is the number of one of n images.  All are equally probable: K = log n.
# R is the cross-entropy with the best of them.  Guess first: who wins, one mean image, ten means (one a
# digit), or the training images (20,000 at most, with 10 % of the mean image, as no probability may be 0)?
def kept(images):
    """R and K of each new image when z is the number of the best of the images (n, D): (N,) and (N,)."""
    costs = -new @ np.log(images).T - (1 - new) @ np.log(1 - images).T      # (N, n)
    return costs.min(axis=1), np.full(len(new), math.log(len(images)))

new, groups = x_test[:2000], [x_train] + [x_train[y_train == digit] for digit in range(10)]
means = np.stack([(group.sum(axis=0) + 0.5) / (len(group) + 1) for group in groups])        # never 0 or 1
made = {"VAE": per_image(model, new), "one mean": kept(means[:1]), "ten means": kept(means[1:]),
        "training images": kept(0.9 * x_train[:20_000] + 0.1 * means[0])}
rows = [(name, r.mean(), k.mean(), (r + k).mean()) for name, (r, k) in made.items()]
floor = -(new * np.log(new + 1e-7) + (1 - new) * np.log(1 - new + 1e-7)).sum(axis=1).mean()
lesson.table([*rows, ("floor", floor, 0.0, floor)], header=("nats per new image", "R", "K", "R + K"))
lesson.claim("R + K: lead over the training images, standard errors",
             judge.standard_errors(np.add(*made["training images"]) - np.add(*made["VAE"])), above=2)

# %%
# Dice, decoded
# -------------
# Throw z ~ N(0, I), which no image was encoded to, and decode.  (002: a good model needs no encoder then.)
# Three small networks with codes of two numbers learn from R alone, both terms, K alone.  How near does a new
# image come to the nearest of 1,000 dice?  Guess first: which network has the best dice?
def trained(name, loss, codes):
    print(name, "…", flush=True)
    lesson.rng(name)
    net, (start, size, epochs) = vae(100, codes), lesson.pick(digits=(2e-2, 64, 30), mnist=(1e-2, 64, 15))
    train.fit(net, loss, (few,), optimizer=optim.Adam(net.parameters(), start), batch_size=size,
              epochs=epochs, schedule=schedules.cosine(start), quiet=True)
    return net

few = x_train[:10_000]
wants = {"R alone": lambda net, x: coins(net, x)["R"], "R + K": coins,
         "K alone": lambda net, x: coins(net, x)["K"]}
nets = {"code of 20": model} | {name: trained(name, loss, 2) for name, loss in wants.items()}

# %%
dice = {"ten means": means[1:], "1,000 training images": x_train[:1000]}
for name, net in nets.items():
    z = lesson.rng("dice").normal(size=(1000, 20 if net is model else 2))
    dice[name] = functions.sigmoid(net.decoder.predict(z))      # the mean images of p(x|z)
near = {name: losses.squared_distances(new, images).min(axis=1) for name, images in dice.items()}
rows = [(name, *map(np.mean, per_image(net, few)), near[name].mean()) for name, net in nets.items()]
rows += [(name, "", "", near[name].mean()) for name in list(dice)[:2]]
lesson.table(rows, header=("", "R", "K", "‖·‖² to the nearest"))
for ahead, behind in (("code of 20", "ten means"), ("R + K", "R alone")):
    lead = judge.standard_errors(near[behind] - near[ahead])
    lesson.claim(f"dice of {ahead}: lead over {behind}, standard errors", lead, above=2)
tens = {name: dice[name][:10].reshape(-1, 28, 28) for name in nets}
lesson.picture(plot.image_rows(tens), "dice", "Ten dice of each network, decoded: nobody wrote them.")

# %%
figure, axes = plot.panels(4, height=2.2)
for name, ax in zip(["R alone", *wants], axes):
    _, mean, log_var = look(nets[name], few[:400])
    std = np.exp(0.5 * log_var)
    for digit, colour in enumerate(plot.COLOURS):
        m, s = mean[y_train[:400] == digit].T, std[y_train[:400] == digit].T
        ax.errorbar(*m, *s[::-1], ".", color=colour, markersize=1, elinewidth=0.5, label=digit)
    reach = 1.1 * abs(mean).max() if ax is axes[0] else 5
    ax.set(title=f"{name}: s {std.mean():.2g}", xlim=(-reach, reach), ylim=(-reach, reach), xlabel="z₁")
axes[0].set(title="all of R alone", ylabel="z₂")
axes[3].legend(loc="center left", bbox_to_anchor=(1, 0.5), handlelength=1, labelspacing=0.1)
lesson.picture(figure, "wants", "q(z|x) of 400 images: m, and s to each side; a colour for each digit.  Look "
               "where the dice can fall: 86 % of N(0, I) lie within 2 of the origin.")

# %%
# The decoder rolls dice, too
# ---------------------------
# 001: "The decoder then samples from this distribution to reconstruct the output, introducing randomness in
# the reconstruction process."  It may; but what is shown, here too, is mostly the mean p of p(x|z).  A sample
# is p plus noise in each pixel, and a coin has the variance p(1 − p): E‖sample − x‖² = ‖p − x‖² + Σ p(1 − p).
heads = functions.sigmoid(look(model, new)[0])
flipped = lesson.rng("coins").random(heads.shape) < heads
of_mean, of_sample = (((image - new) ** 2).sum(axis=1) for image in (heads, flipped))
noise = (heads * (1 - heads)).sum(axis=1)
lesson.table([(of_mean.mean(), of_sample.mean(), noise.mean())], ("‖p − x‖²", "‖sample − x‖²", "Σ p(1 − p)"))
lesson.claim("a sample is worse than p by Σ p(1 − p): standard errors away",
             abs(judge.standard_errors(of_sample - of_mean - noise)), below=5)
first = [int(np.flatnonzero(y_test == digit)[0]) for digit in range(10)]
album = np.stack([new[first], heads[first], flipped[first]]).reshape(3, 10, 28, 28)
lesson.picture(plot.image_rows(dict(zip(("new image", "mean", "sample"), album))), "decoders",
               "A sample is snow, not strokes: given z, the pixels know nothing of each other.")

# %%
# Erratum: MSE + K (000, 002)
# ---------------------------
# 000, "How Stochastic Encoders Work", 4: "The training objective of a stochastic encoder typically combines a
# reconstruction loss (like Mean Squared Error or Cross-Entropy) and a regularization term that forces the
# distribution of the latent variables to be close to a known prior distribution (usually a standard
# Gaussian)."  002, model f3: "Total loss = MSE + (KL-divergence b/w latent variable distribution and standard
# Gaussian distribution)."
#
# Right: if each pixel is N(x̂, σ²), then R = ‖x − x̂‖²/2σ² + a constant, in nats.  The MSE is ‖x − x̂‖²/D, so
# it is R with σ² = D/2.  For D = 784 that is σ = 20, where pixels go from 0 to 1: such an image says nothing.
# The mean image needs no code, K = 0, and has the MSE V/D, V the images' variance.  As MSE ≥ 0, whoever does
# no worse has K ≤ V/D.  To say which of ten digits it is takes log 10 = 2.3 nats.
def painting(net, x, weight):
    x_mean, mean, log_var = net(x)
    return {"R": losses.squared_error(x_mean, x) * weight, "K": losses.gaussian_kl(mean, log_var)}

rows = [("the mean image", few.var(axis=0).sum(), 0.0)]
for name, weight in (("MSE + K", 1 / 784), ("R + K, σ² = 0.01", 50)):
    painter = trained(name, lambda net, x: painting(net, x, weight), 20)
    rows.append((name, *painting(lambda x: look(painter, x), few, 1).values()))
lesson.table(rows, header=("", "‖x − x̂‖²", "K"))
lesson.claim("MSE + K: K in nats, where the most is V/D", rows[1][2], below=rows[0][1] / 784)
lesson.claim("R + K: K in nats, where a digit's name takes 2.3", rows[2][2], above=math.log(10))

# %%
# Try it yourself
# ---------------
# 1. Give the first network a code of one number, not 20.  Does it still beat the training images?
# 2. Round all pixels to 0 and 1.  What is the floor now?
# 3. (Hard.)  004 has z_mean + exp(z_log_variance) * epsilon.  Train so, with K as it is: what is its true K?
#
# Remember
# --------
# - R + K ≥ −log p(x), in nats per image: sums over what an image holds, means over the images.
# - R alone copies, and its codes lie anywhere; K alone forgets.  With both, codes lie where the dice fall.
# - The deviation is exp(½ log_var).  MSE + K, the MSE a mean over the pixels, weighs K far too much.
# - A decoder answers with a distribution.  Its mean is nearer to the image than a sample is.
#
# Sources
# -------
# D. Kingma and M. Welling (2014), Auto-encoding variational Bayes.  PyTorch's repository of examples, "vae".
# The encoder notes (000), course notes (001), cube report (002), exam paper (003) and VAE slides (004).
lesson.end()
