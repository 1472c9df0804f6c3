"""Networks that more than one lesson trains.  The lesson that is about a network shows it from the inside."""
from minidl import backend, init, nn, ops


def mlp(*sizes, bend=nn.ReLU, init=init.he):
    """Dense layers of these sizes, with `bend` between them and none at the end: mlp(784, 64, 10)."""
    if len(sizes) < 2:
        raise ValueError(f"mlp: at least two sizes, as in mlp(784, 64, 10), not {sizes}")
    layers = []
    for inputs, outputs in zip(sizes, sizes[1:]):
        layers += [nn.Dense(inputs, outputs, init=init), bend()]
    return nn.Sequential(*layers[:-1])


def lenet5():
    """Today's LeNet-5, images (N, 1, 32, 32) → scores (N, 10); 61,706 parameters   (LeCun et al. 1998)."""
    return nn.Sequential(nn.Conv2d(1, 6, 5), nn.ReLU(), nn.MaxPool2d(2),
                         nn.Conv2d(6, 16, 5), nn.ReLU(), nn.MaxPool2d(2),
                         nn.Flatten(), *mlp(400, 120, 84, 10).layers)


class VAE(nn.Module):
    """A variational autoencoder: x (N, …) → the decoded z, and q(z|x)'s mean and log-variance, (N, L) each.

    encoder: x → (N, 2L), the mean and the log-variance side by side; decoder: z (N, L) → the logits or means
    of p(x|z)   (Kingma & Welling 2014).
    """

    def __init__(self, encoder, decoder):
        self.encoder, self.decoder = encoder, decoder

    def encode(self, x):
        """q(z|x): its mean and its log-variance, (N, L) each."""
        both = self.encoder(x)
        codes = both.shape[1] // 2
        return both[:, :codes], both[:, codes:]

    def forward(self, x):
        mean, log_var = self.encode(x)
        std = ops.exp(0.5 * log_var)
        z = mean + std * backend.normal(mean.shape)
        return self.decoder(z), mean, log_var
