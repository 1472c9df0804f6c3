"""The workloads on PyTorch, CPU eager mode, with its default optimisers."""
import torch
from torch import nn
from torch.nn import functional as F


def _load(model, weights):
    """The model with copies of the weights; a dense layer's are (in, out) here, (out, in) in PyTorch."""
    with torch.no_grad():
        for p, w in zip(model.parameters(), weights, strict=True):
            p.copy_(torch.tensor(w.T.copy() if w.ndim == 2 else w))
    return model


def _mlp(activation, *sizes, last=None):
    """Dense layers of the sizes, an activation between them."""
    layers = [layer for pair in zip(sizes, sizes[1:]) for layer in (nn.Linear(*pair), activation())]
    return nn.Sequential(*layers[:-1], *([last()] if last else []))


def _trained(loss, optimizer):
    """A step: forward, backward, update; it returns the loss."""
    def step():
        optimizer.zero_grad()
        value = loss()
        value.backward()
        optimizer.step()
        return value.item()
    return step


def lenet(x, y, weights):
    x, y = torch.tensor(x), torch.tensor(y)
    model = _load(nn.Sequential(
        nn.Conv2d(1, 6, 5), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(6, 16, 5), nn.ReLU(), nn.MaxPool2d(2),
        nn.Flatten(), nn.Linear(400, 120), nn.ReLU(), nn.Linear(120, 84), nn.ReLU(), nn.Linear(84, 10),
    ), weights)
    optimizer = torch.optim.SGD(model.parameters(), 0.01, momentum=0.9)
    return _trained(lambda: F.cross_entropy(model(x), y), optimizer)


lenet64 = lenet256 = lenet


def bnconv(x, y, weights):
    x, y = torch.tensor(x), torch.tensor(y)
    model = nn.Sequential(
        nn.Conv2d(1, 32, 3), nn.BatchNorm2d(32), nn.ReLU(), nn.Conv2d(32, 32, 3), nn.BatchNorm2d(32),
        nn.ReLU(), nn.MaxPool2d(2), nn.Dropout(0.25), nn.Flatten(), nn.Linear(32 * 12 * 12, 10))
    _load(nn.Sequential(model[0], model[3], model[9]), weights)
    optimizer = torch.optim.SGD(model.parameters(), 0.01, momentum=0.9)
    return _trained(lambda: F.cross_entropy(model(x), y), optimizer)


def mlp(x, y, weights):
    x, y = torch.tensor(x), torch.tensor(y)
    model = _load(_mlp(nn.ReLU, 784, 256, 128, 10), weights)
    return _trained(lambda: F.cross_entropy(model(x), y), torch.optim.SGD(model.parameters(), 0.01))


def vae(x, weights):
    x = torch.tensor(x)
    hidden, mean, log_var = nn.Linear(784, 400), nn.Linear(400, 20), nn.Linear(400, 20)
    decoder = _mlp(nn.ReLU, 20, 400, 784)
    model = _load(nn.ModuleList([hidden, mean, log_var, decoder]), weights)

    def loss():
        h = F.relu(hidden(x))
        m, v = mean(h), log_var(h)
        z = m + torch.exp(0.5 * v) * torch.randn_like(m)
        bce = F.binary_cross_entropy_with_logits(decoder(z), x, reduction="sum")
        return (bce + 0.5 * (m * m + v.exp() - 1 - v).sum()) / len(x)
    return _trained(loss, torch.optim.Adam(model.parameters(), 0.001))


def cae(x, weights):
    x = torch.tensor(x)
    encoder, decoder = nn.Linear(784, 256), nn.Linear(256, 784)
    model = _load(nn.ModuleList([encoder, decoder]), weights)

    def loss():
        h = torch.sigmoid(encoder(x))
        penalty = ((h * (1 - h)) ** 2 @ (encoder.weight ** 2).sum(1)).mean()
        return ((torch.sigmoid(decoder(h)) - x) ** 2).sum(1).mean() + 0.1 * penalty
    return _trained(loss, torch.optim.SGD(model.parameters(), 0.001))


def cae_deep(x, weights):
    x = torch.tensor(x)
    first, second = nn.Linear(784, 256), nn.Linear(256, 64)
    decoder = _mlp(nn.Sigmoid, 64, 256, 784, last=nn.Sigmoid)
    model = _load(nn.ModuleList([first, second, decoder]), weights)

    def loss():
        x.requires_grad_(True)
        code = torch.sigmoid(second(torch.sigmoid(first(x))))
        units = torch.eye(64)[:, None].expand(64, *code.shape)
        rows, = torch.autograd.grad(code, x, units, create_graph=True, is_grads_batched=True)   # (64, N, 784)
        return ((decoder(code) - x.detach()) ** 2).sum(1).mean() + 0.1 * (rows ** 2).sum() / len(x)
    return _trained(loss, torch.optim.SGD(model.parameters(), 0.001))


def cube(x, weights):
    x = torch.tensor(x)
    model = _load(_mlp(nn.ReLU, 3, 64, 64, 6, 64, 64, 3), weights)
    return _trained(lambda: F.mse_loss(model(x), x), torch.optim.Adam(model.parameters(), 0.001))


def gan(x, z, weights):
    x, z = torch.tensor(x), torch.tensor(z)
    g, d = _mlp(nn.ReLU, 8, 64, 64, 2), _mlp(nn.ReLU, 2, 64, 64, 1)
    _load(nn.ModuleList([g, d]), weights)
    d_step = _trained(lambda: F.softplus(-d(x)).mean() + F.softplus(d(g(z[0]).detach())).mean(),
                      torch.optim.Adam(d.parameters(), 0.001))
    g_step = _trained(lambda: F.softplus(-d(g(z[1]))).mean(), torch.optim.Adam(g.parameters(), 0.001))
    return lambda: d_step() + g_step()


def rnn(x, y, w, weights):
    x, y = torch.tensor(x), torch.tensor(y)
    layer, last = nn.RNN(16, 64, batch_first=True), nn.Linear(64, 10)
    parameters = [*layer.parameters(), *last.parameters()]
    u, b, v, c = map(torch.tensor, weights)
    with torch.no_grad():
        for p, a in zip(parameters, [u.T, torch.tensor(w).T, b, 0 * b, v.T, c], strict=True):
            p.copy_(a)
    return _trained(lambda: F.cross_entropy(last(layer(x)[0][:, -1]), y), torch.optim.SGD(parameters, 0.01))


def ops10(x, w):
    def step():
        t, u = torch.tensor(x, requires_grad=True), torch.tensor(w, requires_grad=True)
        z = t
        for _ in range(100):
            z = torch.tanh(z * u + t)
        loss = z.sum()
        loss.backward()
        return loss.item()
    return step
