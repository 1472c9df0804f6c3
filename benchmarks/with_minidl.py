"""The workloads on minidl's public interface."""
from minidl import Tensor, backend, functions, grad, losses, nn, ops, optim, rnn as recurrent

backend.keep_memory()                           # as train.fit does


def _load(model, weights):
    """The model, its parameters set to copies of the weights."""
    for p, w in zip(model.parameters(), weights, strict=True):
        p.array = w.copy()
    return model


def _mlp(activation, *sizes, last=None):
    """Dense layers of the sizes, an activation between them."""
    layers = [layer for pair in zip(sizes, sizes[1:]) for layer in (nn.Dense(*pair), activation())]
    return nn.Sequential(*layers[:-1], *([last()] if last else []))


def _trained(loss, optimizer):
    """A step: forward, backward, update; it returns the loss."""
    def step():
        value = loss()
        optimizer.zero_grad()
        value.backward()
        optimizer.step()
        return float(value)
    return step


def lenet(x, y, weights):
    model = _load(nn.Sequential(
        nn.Conv2d(1, 6, 5), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(6, 16, 5), nn.ReLU(), nn.MaxPool2d(2),
        nn.Flatten(), nn.Dense(400, 120), nn.ReLU(), nn.Dense(120, 84), nn.ReLU(), nn.Dense(84, 10)), weights)
    optimizer = optim.SGD(model.parameters(), 0.01, momentum=0.9)
    return _trained(lambda: losses.cross_entropy(model(x), y), optimizer)


lenet64 = lenet256 = lenet


def bnconv(x, y, weights):
    model = nn.Sequential(
        nn.Conv2d(1, 32, 3), nn.BatchNorm(32), nn.ReLU(), nn.Conv2d(32, 32, 3), nn.BatchNorm(32), nn.ReLU(),
        nn.MaxPool2d(2), nn.Dropout(0.25), nn.Flatten(), nn.Dense(32 * 12 * 12, 10))
    _load(nn.Sequential(model[0], model[3], model[9]), weights)
    optimizer = optim.SGD(model.parameters(), 0.01, momentum=0.9)
    return _trained(lambda: losses.cross_entropy(model(x), y), optimizer)


def mlp(x, y, weights):
    model = _load(_mlp(nn.ReLU, 784, 256, 128, 10), weights)
    return _trained(lambda: losses.cross_entropy(model(x), y), optim.SGD(model.parameters(), 0.01))


def vae(x, weights):
    hidden, mean, log_var = nn.Dense(784, 400), nn.Dense(400, 20), nn.Dense(400, 20)
    decoder = _mlp(nn.ReLU, 20, 400, 784)
    model = _load(nn.Sequential(hidden, mean, log_var, decoder), weights)

    def loss():
        h = functions.relu(hidden(x))
        m, v = mean(h), log_var(h)
        z = m + ops.exp(v * 0.5) * backend.normal(m.shape)
        return losses.bce_with_logits(decoder(z), x) + losses.gaussian_kl(m, v)
    return _trained(loss, optim.Adam(model.parameters(), 0.001))


def cae(x, weights):
    encoder, decoder = nn.Dense(784, 256), nn.Dense(256, 784)
    model = _load(nn.Sequential(encoder, decoder), weights)

    def loss():
        h = functions.sigmoid(encoder(x))
        return (losses.squared_error(functions.sigmoid(decoder(h)), x)
                + 0.1 * losses.jacobian_penalty([h * (1 - h)], [encoder.w]))
    return _trained(loss, optim.SGD(model.parameters(), 0.001))


def cae_deep(x, weights):
    first, second = nn.Dense(784, 256), nn.Dense(256, 64)
    decoder = _mlp(nn.Sigmoid, 64, 256, 784, last=nn.Sigmoid)
    model = _load(nn.Sequential(first, second, decoder), weights)

    def loss():
        h = functions.sigmoid(first(x))
        code = functions.sigmoid(second(h))
        return (losses.squared_error(decoder(code), x)
                + 0.1 * losses.jacobian_penalty([h * (1 - h), code * (1 - code)], [first.w, second.w]))
    return _trained(loss, optim.SGD(model.parameters(), 0.001))


def cube(x, weights):
    model = _load(_mlp(nn.ReLU, 3, 64, 64, 6, 64, 64, 3), weights)
    return _trained(lambda: losses.mse(model(x), x), optim.Adam(model.parameters(), 0.001))


def gan(x, z, weights):
    g, d = _mlp(nn.ReLU, 8, 64, 64, 2), _mlp(nn.ReLU, 2, 64, 64, 1)
    _load(nn.Sequential(g, d), weights)
    d_step = _trained(lambda: losses.gan_discriminator(d(x), d(g(z[0]).array)),
                      optim.Adam(d.parameters(), 0.001))
    optimizer = optim.Adam(g.parameters(), 0.001)

    def step():
        value = d_step()
        loss = losses.gan_non_saturating(d(g(z[1])))
        for p, gradient in zip(g.parameters(), grad(loss, g.parameters())):
            p.grad = gradient
        optimizer.step()
        return value + float(loss)
    return step


def rnn(x, y, w, weights):
    layer, last = recurrent.RNN(16, 64), nn.Dense(64, 10)
    model = nn.Sequential(layer, last)
    layer.u.array, layer.b.array, last.w.array, last.b.array = (a.copy() for a in weights)
    layer.w.array = w.copy()
    optimizer = optim.SGD(model.parameters(), 0.01)
    return _trained(lambda: losses.cross_entropy(last(layer(x)[:, -1]), y), optimizer)


def ops10(x, w):
    def step():
        t, u = Tensor(x), Tensor(w)
        z = t
        for _ in range(100):
            z = ops.tanh(z * u + t)
        loss = z.sum()
        loss.backward()
        return float(loss)
    return step
