"""Answers to the exercises as students write them: right ones, in other ways than ours, and wrong ones.

RIGHT: exercise → {how it is written: the body of the function}.  WRONG: exercise → [(the diagnosis meant for
it, the body)]; None where a mistake has no name, and the class of an error where there is one.
"""

RIGHT = {
    "01_chain_rule": {
        "in stages": "s = x * y\nds = g * np.cos(s)\ndx = ds * y\ndx += g\nreturn dx, ds * x",
        "a list": "return [g * y * np.cos(x * y) + g, g * x * np.cos(x * y)]"},
    "02_smooth_abs": {"by the root": "return g * x / np.sqrt(1 + x ** 2)"},
    "03_numeric_gradient": {
        "put back": """
            d = np.empty_like(x)
            for i in np.ndindex(*x.shape):
                old = x[i]
                x[i] = old + h
                up = f(x)
                x[i] = old - h
                d[i] = (up - f(x)) / h / 2
                x[i] = old
            return d""",
        "rows and columns": """
            d = np.zeros_like(x)
            for i in range(x.shape[0]):
                for j in range(x.shape[1]):
                    up, down = x.copy(), x.copy()
                    up[i, j] += h
                    down[i, j] -= h
                    d[i, j] = (f(up) - f(down)) / (up[i, j] - down[i, j])
            return d"""},
    "04_bias": {
        "looped": "db = np.zeros(len(b))\nfor row in g:\n    db += row\nreturn g.copy(), db",
        "a product": "return g, np.ones(len(x)) @ g"},
    "05_unbroadcast": {
        "axis by axis": """
            while g.ndim > len(shape):
                g = g.sum(axis=0)
            for i in range(len(shape)):
                if shape[i] == 1:
                    g = g.sum(axis=i, keepdims=True)
            return g""",
        "looped": """
            db = np.zeros(shape)
            for i in np.ndindex(g.shape):
                own = i[g.ndim - len(shape):]
                db[tuple(k if n > 1 else 0 for k, n in zip(own, shape))] += g[i]
            return db""",
        "with ones in front": """
            padded = (1,) * (g.ndim - len(shape)) + tuple(shape)
            axes = tuple(i for i in range(g.ndim) if padded[i] != g.shape[i])
            return g.sum(axis=axes).reshape(shape)"""},
    "06_dense": {
        "looped": """
            dx, dw, db = np.zeros_like(x), np.zeros_like(w), np.zeros_like(b)
            for n in range(len(x)):
                for i in range(w.shape[0]):
                    for j in range(w.shape[1]):
                        dx[n, i] += g[n, j] * w[i, j]
                        dw[i, j] += x[n, i] * g[n, j]
                db += g[n]
            return dx, dw, db""",
        "outer products": "return (w @ g.T).T, sum(np.outer(r, h) for r, h in zip(x, g)), g.sum(0)",
        "einsum": 'return np.einsum("nj,ij->ni", g, w), np.einsum("ni,nj->ij", x, g), np.einsum("nj->j", g)'},
    "07_linear_stack": {"in one go": "return g @ (w @ v).T, x.T @ (g @ v.T), (x @ w).T @ g"},
    "08_relu": {
        "in place, on a copy": "dx = g.copy()\ndx[x <= 0] = 0\nreturn dx",
        "where": "return np.where(x > 0, g, 0)",
        "looped": """
            dx = np.zeros_like(x)
            for i in np.ndindex(x.shape):
                if x[i] > 0:
                    dx[i] = g[i]
            return dx"""},
    "09_relu_layer": {
        "asked of the input": "d = np.where(x @ w + b > 0, g, 0)\nreturn d @ w.T, x.T @ d, d.sum(0)"},
    "10_sigmoid": {
        "by e": "e = np.exp(-x)\nreturn g * e / (1 + e) ** 2",
        "in place": "y = forward(x)\ny *= 1 - y\ny *= g\nreturn y"},
    "11_tanh": {
        "by cosh": "return g / np.cosh(x) ** 2",
        "in place": "y = forward(x)\ny *= -y\ny += 1\nreturn g * y"},
    "12_root": {"as a power": "return 0.5 * g * x ** -0.5", "by y": "return g / (2 * forward(x))"},
    "13_mse": {"by the shape": "n, d = x.shape\nreturn g * (x - t) * 2 / (n * d)"},
    "14_softmax": {
        "by the Jacobian": "return np.stack([np.diag(p) @ h - p * (p @ h) for p, h in zip(forward(s), g)])",
        "in place": "d = g.copy()\np = forward(s)\nd -= (g * p).sum(1)[:, None]\nd *= p\nreturn d"},
    "15_cross_entropy": {
        "one-hot": "p = np.exp(s) / np.exp(s).sum(1, keepdims=True)\n"
                   "return g * (p - np.eye(s.shape[1])[labels]) / len(s)",
        "looped": """
            ds = np.zeros_like(s)
            for n, k in enumerate(labels):
                ds[n] = np.exp(s[n]) / np.exp(s[n]).sum()
                ds[n, k] -= 1
            return ds * g / s.shape[0]"""},
    "16_pixel_loss": {"over one bar": "return g * (q - x) / (q * (1 - q)) / len(q)"},
    "17_initialisation": {
        "by the variance": "variance = 2 / ((1 + a * a) * len(z))\nreturn variance ** 0.5 * z",
        "He's, made smaller": "return z * np.sqrt(2 / len(z)) / np.sqrt(1 + a ** 2)"},
    "18_momentum": {
        "with a step in between": """
            g = slope(w - ETA * (MU * v))
            v *= MU
            v += g
            w -= ETA * v
            return w, v""",
        "from the place ahead": """
            ahead = w - ETA * MU * v
            g = slope(ahead)
            return ahead - ETA * g, g + MU * v"""},
    "19_adam": {
        "in place": """
            m *= 0.9
            m += 0.1 * g
            v *= 0.999
            v += 0.001 * g * g
            w -= 0.001 * m / (1 - 0.9 ** t) / (np.sqrt(v / (1 - 0.999 ** t)) + 1e-8)
            return w, m, v""",
        "looped": """
            w, m, v = w.copy(), m.copy(), v.copy()
            for i in range(len(w)):
                m[i] += (1 - BETA1) * (g[i] - m[i])
                v[i] += (1 - BETA2) * (g[i] ** 2 - v[i])
                w[i] -= ETA * m[i] / (1 - BETA1 ** t) / ((v[i] / (1 - BETA2 ** t)) ** 0.5 + EPS)
            return w, m, v"""},
    "20_padding": {
        "from the other end": """
            h, w = g.shape[2:]
            return g[:, :, (kh - 1) // 2:h - kh // 2, (kw - 1) // 2:w - kw // 2]""",
        "looped": """
            dx = np.zeros_like(x)
            for i in range(x.shape[2]):
                for j in range(x.shape[3]):
                    dx[:, :, i, j] = g[:, :, i + (kh - 1) // 2, j + (kw - 1) // 2]
            return dx"""},
    "21_convolution": {
        "by the places of the filter": """
            dx, dw = np.zeros_like(x), np.zeros_like(w)
            oh, ow = g.shape[2:]
            for u, v in np.ndindex(w.shape[2:]):
                here = np.s_[:, :, u:u + oh, v:v + ow]
                dx[here] += np.einsum("noij,oc->ncij", g, w[:, :, u, v])
                dw[:, :, u, v] = np.einsum("noij,ncij->oc", g, x[here])
            return dx, dw""",
        "looped": """
            dx, dw = np.zeros_like(x), np.zeros_like(w)
            for n, o, i, j in np.ndindex(g.shape):
                here = n, slice(None), slice(i, i + w.shape[2]), slice(j, j + w.shape[3])
                dx[here] += g[n, o, i, j] * w[o]
                dw[o] += g[n, o, i, j] * x[here]
            return dx, dw"""},
    "22_stride": {
        "by the places of the filter": """
            dx, dw, n = np.zeros_like(x), np.zeros_like(w), g.shape[1]
            for u in range(len(w)):
                dx[:, u:u + 2 * n - 1:2] += g * w[u]
                dw[u] = (g * x[:, u:u + 2 * n - 1:2]).sum()
            return dx, dw"""},
    "23_dilation": {
        "all at once": """
            at, dx = places(x, w), np.zeros_like(x)
            np.add.at(dx, (slice(None), at), g[:, :, None] * w)
            return dx, np.einsum("ni,nik->k", g, x[:, at])""",
        "by the places of the filter": """
            dx, dw, last = np.zeros_like(x), np.zeros_like(w), 2 * g.shape[1] - 1
            for u in range(len(w)):
                here = slice(3 * u, 3 * u + last, 2)
                dx[:, here] += g * w[u]
                dw[u] = (g * x[:, here]).sum()
            return dx, dw"""},
    "24_transposed_convolution": {
        "a convolution of y spread out": """
            (oh, ow), (kh, kw) = y.shape[2:], w.shape[2:]
            wide = np.zeros((*y.shape[:2], 2 * oh - 1 + 2 * (kh - 1), 2 * ow - 1 + 2 * (kw - 1)))
            wide[:, :, kh - 1:kh + 2 * oh - 2:2, kw - 1:kw + 2 * ow - 2:2] = y
            windows = np.lib.stride_tricks.sliding_window_view(wide, (kh, kw), axis=(2, 3))
            x = np.einsum("noijuv,ocuv->ncij", windows, w[:, :, ::-1, ::-1])
            return x[:, :, 1:-1, 1:-1]""",
        "the matrix of A, transposed": """
            shape = w.shape[1], *(2 * (m - 1) + k - 2 for m, k in zip(y.shape[2:], w.shape[2:]))
            pixels = np.eye(np.prod(shape)).reshape(-1, *shape)
            matrix = convolution(pixels, w).reshape(len(pixels), -1)
            return (y.reshape(len(y), -1) @ matrix.T).reshape(-1, *shape)"""},
    "25_channel_gain": {
        "looped": "da = np.zeros_like(a)\nfor n in range(len(x)):\n    da += (g * x)[n].sum((1, 2))\n"
                  "return g * a.reshape(-1, 1, 1), da"},
    "26_average_pool": {
        "looped": """
            dx = np.zeros_like(x)
            for n, c, i, j in np.ndindex(g.shape):
                for u in range(3):
                    for v in range(3):
                        dx[n, c, 2 * i + u, 2 * j + v] += g[n, c, i, j] / 9
            return dx"""},
    "27_max_pool": {
        "by argmax": """
            dx = np.zeros_like(x)
            for n, c, i, j in np.ndindex(g.shape):
                patch = x[n, c, 2 * i:2 * i + 3, 2 * j:2 * j + 3]
                u, v = np.unravel_index(patch.argmax(), patch.shape)
                dx[n, c, 2 * i + u, 2 * j + v] += g[n, c, i, j]
            return dx""",
        "with the output": """
            dx, y = np.zeros_like(x), forward(x)
            for i, j, window in windows(x):
                dx[window] += (x[window] == y[:, :, i:i + 1, j:j + 1]) * g[:, :, i:i + 1, j:j + 1]
            return dx"""},
    "28_rnn": {
        "stacked, then one product": """
            h = forward(x, u, w, b)
            before = np.concatenate([np.zeros_like(h[:, :1]), h[:, :-1]], axis=1)
            d = np.zeros_like(h)
            for t in range(h.shape[1] - 1, -1, -1):
                later = d[:, t + 1] @ w.T if t + 1 < h.shape[1] else 0
                d[:, t] = (g[:, t] + later) * (1 - h[:, t] ** 2)
            du, dw = (np.tensordot(a, d, ([0, 1], [0, 1])) for a in (x, before))
            return d @ u.T, du, dw, d.sum((0, 1))"""},
    "29_residual": {"in place": "d = g / np.cosh(x @ w) ** 2\ndx = d @ w.T\ndx += g\nreturn dx, x.T @ d"},
    "30_truncated_bptt": {
        "piece by piece": """
            du, dw, db, start = 0 * u, 0 * w, 0 * b, np.zeros((len(x), len(w)))
            for i in range(0, x.shape[1], k):
                piece, pg = x[:, i:i + k], g[:, i:i + k]
                hs = [start]
                for t in range(piece.shape[1]):
                    hs.append(np.tanh(piece[:, t] @ u + hs[-1] @ w + b))
                back = np.zeros_like(start)
                for t in reversed(range(piece.shape[1])):
                    d = (pg[:, t] + back) * (1 - hs[t + 1] ** 2)
                    du += piece[:, t].T @ d
                    dw += hs[t].T @ d
                    db += d.sum(axis=0)
                    back = d @ w.T
                start = hs[-1]
            return du, dw, db""",
        "exercise 28 with one line more": """
            h = states(x, u, w, b)
            du, dw, db, later = 0 * u, 0 * w, 0 * b, 0
            for t in range(x.shape[1] - 1, -1, -1):
                if (t + 1) % k == 0:
                    later = 0
                d = (g[:, t] + later) * (1 - h[:, t] ** 2)
                du += x[:, t].T @ d
                if t > 0:
                    dw += h[:, t - 1].T @ d
                db += d.sum(0)
                later = d @ w.T
            return du, dw, db"""},
    "31_gated_cell": {
        "by slopes first": """
            slope = lambda a: sigmoid(a) * sigmoid(-a)
            new = sigmoid(a_f) * c + sigmoid(a_i) * np.tanh(a_p)
            gh, gc = g
            gc = gc + gh * sigmoid(a_o) / np.cosh(new) ** 2
            return (gc * c * slope(a_f), gc * np.tanh(a_p) * slope(a_i), gh * np.tanh(new) * slope(a_o),
                    gc * sigmoid(a_i) / np.cosh(a_p) ** 2, gc * sigmoid(a_f))""",
        "two cells' gradients, added": """
            f, i, o, p = sigmoid(a_f), sigmoid(a_i), sigmoid(a_o), np.tanh(a_p)
            h, cell = forward(a_f, a_i, a_o, a_p, c)
            parts = [(d * c * f * (1 - f), d * p * i * (1 - i), d * i * (1 - p * p), d * f)
                     for d in (g[1], g[0] * (o - h * h / o))]
            df, di, dp, dc = (x + y for x, y in zip(*parts))
            return df, di, g[0] * h * (1 - o), dp, dc"""},
    "32_embedding": {
        "one-hot": "onehot = np.eye(len(e))[words]\nreturn np.einsum('ntv,ntd->vd', onehot, g)",
        "looped": """
            de = np.zeros_like(e)
            for n in range(words.shape[0]):
                for t in range(words.shape[1]):
                    de[words[n, t]] += g[n, t]
            return de""",
        "word by word": "return np.stack([g[words == v].sum(axis=0) for v in range(len(e))])"},
    "33_early_stopping": {
        "with a count": """
            best, where, waited, epoch = float("inf"), 0, 0, 0
            while waited < patience and epoch < len(losses):
                epoch += 1
                waited += 1
                if losses[epoch - 1] < best:
                    best, where, waited = losses[epoch - 1], epoch, 0
            return where, epoch""",
        "without nan": """
            clean, end = np.where(np.isnan(losses), np.inf, losses), len(losses)
            for t in range(patience, len(losses)):
                if clean[t - patience:t].min() >= clean[:t - patience].min(initial=np.inf):
                    end = t
                    break
            if end == len(losses) and np.isinf(clean[:patience]).all():
                end = patience
            best = clean[:end].argmin()
            return (best + 1 if clean[best] < np.inf else 0), end"""},
    "34_dropout": {
        "where": "return np.where(kept, g, 0) / (1 - RATE)",
        "in place, and one for the mask": "dx = g.copy()\ndx[~kept] = 0\ndx /= 1 - RATE\nreturn dx, None"},
    "35_dropout_layer": {"the same dice again": "forward(x)\nreturn g * memory['kept'] / 0.6"},
    "36_dropout_at_test": {
        "unit by unit": """
            mean, variance = b + np.zeros((len(h), 1)), np.zeros((len(h), len(b)))
            for i in range(len(w)):
                part = np.outer(h[:, i], w[i])
                mean = mean + part * (1 - p)
                variance += part ** 2 * (1 - p) - (part * (1 - p)) ** 2
            return mean, variance ** 0.5""",
        "by smaller weights": "q = 1 - p\nreturn h @ (w * q) + b, ((h * h) @ (w * w) * p * q) ** 0.5"},
    "37_batch_norm": {
        "staged": """
            n, centred, r = len(x), x - x.mean(0), 1 / np.sqrt(x.var(0) + EPS)
            d = g * gamma
            d_var = (d * centred).sum(0) * -0.5 * r ** 3
            d_mean = -(d * r).sum(0)
            dx = d * r + d_mean / n + d_var * 2 * centred / n
            return dx, (g * centred * r).sum(0), g.sum(0)"""},
    "38_batch_norm_eval": {
        "ddof": "m, v = x.mean((0, 2, 3)), x.var((0, 2, 3), ddof=1)\n"
                "return mean + 0.1 * (m - mean), 0.9 * var + 0.1 * v",
        "channel by channel": """
            mean, var = mean.copy(), var.copy()
            for c in range(len(mean)):
                values = list(x[:, c].flat)
                m = sum(values) / len(values)
                mean[c] += M * (m - mean[c])
                var[c] += M * (sum((v - m) ** 2 for v in values) / (len(values) - 1) - var[c])
            return mean, var"""},
    "39_lasso_step": {
        "three cases": """
            v = w - 0.5 / len(x) * (x @ w - y) @ x
            t = 0.5 * lam
            return np.where(v > t, v - t, np.where(v < -t, v + t, 0))""",
        "what the threshold cuts off": "v = w - ETA * (x.T @ (x @ w - y)) / len(y)\n"
                                       "return v - v.clip(-ETA * lam, ETA * lam)",
        "looped": """
            slope = np.zeros(len(w))
            for row, target in zip(x, y):
                slope += (row @ w - target) * row / len(x)
            new = []
            for v in w - ETA * slope:
                size = max(abs(v) - ETA * lam, 0)
                new.append(size if v > 0 else -size)
            return np.array(new)"""},
    "40_pca": {
        "by the singular values": """
            mu = np.mean(x, axis=0)
            u, s, vt = np.linalg.svd(x - mu, full_matrices=False)
            v = vt[:L].T
            return v, s[:L] ** 2 / x.shape[0], mu + (x - mu) @ v @ v.T""",
        "sorted": """
            xc = x - x.mean(0)
            lam, vec = np.linalg.eig(np.cov(x.T, bias=True))
            order = np.argsort(lam)[::-1][:L]
            z = xc @ vec[:, order]
            return vec[:, order], lam[order], z @ vec[:, order].T + x.mean(0)"""},
    "41_lda": {
        "by the formulas": """
            m0, m1, m = x[y == 0].mean(0), x[y == 1].mean(0), x.mean(0)
            share = y.mean()
            sw = (1 - share) * np.cov(x[y == 0].T, bias=True) + share * np.cov(x[y == 1].T, bias=True)
            sb = (1 - share) * np.outer(m0 - m, m0 - m) + share * np.outer(m1 - m, m1 - m)
            w = np.linalg.inv(sw) @ (m1 - m0)
            return w, w @ sb @ w / (w @ sw @ w)""",
        "by the covariance of all, of length 1": """
            apart = x[y == 1].mean(0) - x[y == 0].mean(0)
            w = np.linalg.inv(np.cov(x.T)) @ apart
            w /= np.linalg.norm(w)
            codes = x @ w
            inside = sum((y == c).mean() * codes[y == c].var() for c in (0, 1))
            return w, codes.var() / inside - 1"""},
    "42_tied_weights": {
        "as if there were two": """
            z, u = np.tanh(x @ w + b), w.T
            du = z.T @ g
            dz = g @ u.T
            da = dz / np.cosh(x @ w + b) ** 2
            return x.T @ da + du.T, np.ones(len(x)) @ da""",
        "looped over the images": """
            dw, db = np.zeros_like(w), np.zeros_like(b)
            for row, h in zip(x, g):
                z = np.tanh(row @ w + b)
                d = (h @ w) * (1 - z * z)
                dw += np.outer(row, d)
                dw += np.outer(h, z)
                db += d
            return dw, db"""},
    "43_sparse_kl": {
        "over one bar": "h = sigmoid(a)\nr = h.mean(0)\n"
                        "return g * (r - RHO) / (r * (1 - r)) * h * (1 - h) / len(a)",
        "in steps": """
            h, n = sigmoid(a), a.shape[0]
            mean = h.sum(axis=0) / n
            d_mean = g * (-RHO / mean + (1 - RHO) / (1 - mean))
            d_h = np.ones((n, 1)) * d_mean / n
            return d_h * (h - h ** 2)"""},
    "44_denoising": {
        "in place, on a copy": """
            noisy = x.copy()
            noisy[u < RATE] = 0
            return noisy, np.mean(np.sum((x - answer(noisy, w, v)) ** 2, axis=1))""",
        "looped": """
            shown, loss = np.where(u < RATE, 0.0, x), 0
            for clean, r in zip(x, answer(shown, w, v)):
                loss += (r - clean) @ (r - clean) / len(x)
            return shown, loss"""},
    "45_contractive": {
        "looped over the examples": """
            dw, db, c = np.zeros_like(w), np.zeros_like(b), (w * w).sum(0)
            for row in x:
                h = sigmoid(row @ w + b)
                s = h * (1 - h)
                d = 2 * s * s * (1 - 2 * h) * c
                dw += np.outer(row, d) + 2 * w * s * s
                db += d
            return g * dw / len(x), g * db / len(x)"""},
    "46_mmd": {
        "looped over the pairs": """
            dx, n, m = np.zeros_like(x), len(x), len(y)
            for i in range(n):
                for other in x:
                    k = np.exp(-((x[i] - other) ** 2).sum() / S)
                    dx[i] -= 4 / S * (x[i] - other) * k / (n * (n - 1))
                for other in y:
                    k = np.exp(-((x[i] - other) ** 2).sum() / S)
                    dx[i] += 4 / S * (x[i] - other) * k / (n * m)
            return g * dx""",
        "by matrix products": """
            k, q, n, m = kernel(x, x), kernel(x, y), len(x), len(y)
            push = k.sum(1, keepdims=True) * x - k @ x
            pull = q.sum(1, keepdims=True) * x - q @ y
            return g * 4 / S * (pull / (n * m) - push / (n * (n - 1)))"""},
    "47_unbiased_mmd": {
        "the diagonal masked": """
            def within(a):
                return kernel(a, a)[~np.eye(len(a), dtype=bool)].mean()
            return within(x) + within(y) - kernel(x, y).mean() * 2""",
        "looped over the pairs": """
            def pairs(a, b, same):
                return np.mean([(1 + p @ q) ** 2 for i, p in enumerate(a) for j, q in enumerate(b)
                                if not (same and i == j)])
            return pairs(x, x, True) + pairs(y, y, True) - 2 * pairs(x, y, False)"""},
    "48_median_bandwidth": {
        "looped over the pairs": """
            z = np.vstack([x, y])
            return np.median([((z[i] - z[j]) ** 2).sum() for i in range(len(z)) for j in range(i)])""",
        "each pair twice": """
            z = np.vstack([x, y])
            norms = (z * z).sum(1)
            squares = norms[:, None] + norms - 2 * z @ z.T
            return np.median(squares[~np.eye(len(z), dtype=bool)])"""},
    "49_sample": {
        "by z − mean": "return g, g * (forward(mean, log_var, noise) - mean) / 2",
        "one for the noise as well": "s = np.exp(log_var / 2)\nreturn g, g * noise * s / 2, g * s"},
    "50_gaussian_kl": {
        "in place": "dv = np.expm1(log_var)\ndv *= g / 2 / len(mean)\nreturn mean * g / len(mean), dv"},
    "51_elbo": {
        "by the chances": """
            q = 1 / (1 + np.exp(-s))
            R = np.mean(-np.sum(x * np.log(q) + (1 - x) * np.log(1 - q), axis=1))
            K = np.mean(np.sum(mean ** 2 + np.exp(log_var) - log_var - 1, axis=1) / 2)
            return R, K, -(R + K)""",
        "image by image": """
            r = k = 0
            for a, b, m, l in zip(x, s, mean, log_var):
                r += np.sum(np.log1p(np.exp(b)) - a * b)
                k += (m @ m + np.exp(l).sum() - len(m) - l.sum()) / 2
            return r / len(x), k / len(x), -(r + k) / len(x)"""},
    "52_decoder_likelihood": {
        "by σ²": """
            d, var = x.shape[1], np.exp(2 * log_sigma)
            square = ((x - guess) ** 2).sum(1)
            return -square / (2 * var) - d / 2 * np.log(2 * np.pi * var), square / var - d""",
        "the logarithm of the density": """
            sigma = np.exp(log_sigma)
            density = np.exp(-(x - guess) ** 2 / 2 / sigma ** 2) / np.sqrt(2 * np.pi) / sigma
            return np.log(density).sum(1), sum(((x - guess) / sigma).T ** 2 - 1)"""},
    "53_annealing": {
        "looped": """
            warm, cyclic = [], []
            for t in done:
                warm.append(min(END, 2 * END * t))
                cyclic.append(END if t >= 0.5 else min(END, 16 * END * (t - 0.125 * int(t / 0.125))))
            return np.array(warm), np.array(cyclic), dr + np.array(cyclic).reshape(-1, 1) * dk""",
        "as in lesson 30": """
            cyclical = np.where(done < 0.5, np.minimum(1, 16 * done % 2), 1) * END
            return np.clip(2 * done, 0, 1) * END, cyclical, dr + np.diag(cyclical) @ dk"""},
    "54_gan": {
        "by e": "n, m = len(real), len(fake)\nreturn -g[0] / (1 + np.exp(real)) / n, "
                "(g[0] / (1 + np.exp(-fake)) - g[1] / (1 + np.exp(fake))) / m"},
    "55_minimax_step": {
        "by a design matrix": """
            made = np.stack([np.ones_like(z), a * z + b])
            real = np.stack([np.ones_like(x), x])
            d = np.array([c, v])
            d = d + ETA * (real @ sigmoid(-d @ real) / x.size - made @ sigmoid(d @ made) / z.size)
            down = -d[1] * sigmoid(d @ made)
            noise = np.stack([z, np.ones_like(z)])
            return *d, *(np.array([a, b]) - ETA * noise @ down / z.size)""",
        "looped": """
            dc = dv = da = db = 0
            for one in x:
                p = sigmoid(c + v * one)
                dc, dv = dc + (1 - p) / len(x), dv + (1 - p) * one / len(x)
            for noise in z:
                y = a * noise + b
                p = sigmoid(c + v * y)
                dc, dv = dc - p / len(z), dv - p * y / len(z)
            c, v = c + ETA * dc, v + ETA * dv
            for noise in z:
                p = sigmoid(c + v * (a * noise + b))
                da, db = da - p * v * noise / len(z), db - p * v / len(z)
            return c, v, a - ETA * da, b - ETA * db"""},
    "56_gp_posterior": {
        "by the inverse": """
            K = kernel(x, x)
            K[np.diag_indices(len(x))] += noise
            k = kernel(x, new)
            mean = k.T @ np.linalg.inv(K) @ y
            return mean, np.diag(kernel(new, new) - k.T @ np.linalg.inv(K) @ k)""",
        "looped over the places": """
            L = np.linalg.cholesky(kernel(x, x) + np.diag(np.full(len(x), noise)))
            alpha = np.linalg.solve(L.T, np.linalg.solve(L, y))
            mean, variance = np.zeros(len(new)), np.zeros(len(new))
            for i, place in enumerate(new):
                k = kernel(x, place[None])[:, 0]
                mean[i] = k @ alpha
                variance[i] = 1 - sum(np.linalg.solve(L, k) ** 2)
            return mean, variance"""},
    "57_expected_improvement": {
        "looped": """
            result = []
            for mean, deviation in zip(m, s):
                if deviation == 0:
                    result.append(0.0)
                    continue
                u = (lowest - mean) / deviation
                Phi = 0.5 + math.erf(u / math.sqrt(2)) / 2
                phi = math.exp(-u ** 2 / 2) / math.sqrt(2 * math.pi)
                result.append(deviation * (u * Phi + phi))
            return np.array(result)""",
        "on the unknown places": """
            ei, unknown = np.zeros(m.shape), s > 0
            m, s = m[unknown], s[unknown]
            u = (lowest - m) / s
            ei[unknown] = (lowest - m) * (1 + erf(u / np.sqrt(2))) / 2
            ei[unknown] += s * np.exp(-u ** 2 / 2) / np.sqrt(2 * np.pi)
            return ei"""},
    "58_free_energy": {
        "log of 1 + e": "return -(v @ b) - np.log(1 + np.exp(v @ w + c)).sum(1)",
        "a product": "return -np.log(np.exp(v @ b) * np.prod(1 + np.exp(c + v @ w), axis=1))",
        "unit by unit": """
            total = np.exp(v @ b)
            for j in range(len(c)):
                total = total + total * np.exp(c[j] + v @ w[:, j])
            return -np.log(total)"""},
    "59_gibbs_step": {
        "where": """
            h = np.where(u_h < sigmoid(v @ w + c), 1, 0)
            return h, np.where(u_v < sigmoid(h @ w.T + b), 1, 0)""",
        "looped": """
            h, new = np.zeros(u_h.shape), np.zeros(u_v.shape)
            for n in range(len(v)):
                for j in range(len(c)):
                    h[n, j] = u_h[n, j] < sigmoid(c[j] + v[n] @ w[:, j])
                for i in range(len(b)):
                    new[n, i] = u_v[n, i] < sigmoid(b[i] + w[i] @ h[n])
            return h, new"""},
    "60_cd_1": {
        "looped over the examples": """
            dw, db, dc = np.zeros_like(w), np.zeros_like(b), np.zeros_like(c)
            for row, r, s in zip(v, u_h, u_v):
                p = sigmoid(row @ w + c)
                h = (r < p).astype(float)
                back = (s < sigmoid(w @ h + b)).astype(float)
                q = sigmoid(back @ w + c)
                dw += np.outer(row, p) - np.outer(back, q)
                db += row - back
                dc += p - q
            return dw / len(v), db / len(v), dc / len(v)""",
        "einsum": """
            p = sigmoid(v @ w + c)
            back = (u_v < sigmoid((u_h < p) @ w.T + b)).astype(float)
            q = sigmoid(back @ w + c)
            dw = np.einsum("ni,nj->nij", v, p).mean(0) - np.einsum("ni,nj->nij", back, q).mean(0)
            return dw, v.mean(0) - back.mean(0), p.mean(0) - q.mean(0)"""},
}

WRONG = {
    "01_chain_rule": [
        ("branch-lost", "return g * y * np.cos(x * y), g * x * np.cos(x * y)"),
        ("cotangent-ignored", "return y * np.cos(x * y) + 1, x * np.cos(x * y)"),
        ("gradients-swapped", "return g * x * np.cos(x * y), g * y * np.cos(x * y) + g"),
        ("extra-path", "c = np.cos(x * y)\nreturn g * (c * y + 1), g * (c * x + 1)"),
        ("local-derivative-forgotten", "ds = g * np.cos(x * y)\nreturn ds + g, ds"),
        ("wrong-local-derivative", "return g * y * np.sin(x * y) + g, g * x * np.sin(x * y)"),
        ("wrong-local-derivative", "return g * y, g * x"),
        ("cotangent-ignored", "return g * y * np.cos(x * y) + 1, g * x * np.cos(x * y)"),
        ("sign", "return g - g * y * np.cos(x * y), -g * x * np.cos(x * y)"),
        ("inner-value", "return g * (y * np.cos(x) + 1), g * x * np.cos(y)"),
        ("passed-through", "dx = g * y * np.cos(x * y)\ndx = g * 1\nreturn dx, g * x * np.cos(x * y)"),
        (None, "return g * y * np.cos(x + y) + g, g * x * np.cos(x + y)"),
        ("own-factor", "s = g * np.cos(x * y)\nreturn s * x + g, s * y")],
    "02_smooth_abs": [
        ("output-for-gradient", "return forward(x) * x / forward(x)"), ("passed-through", "return g"),
        ("wrong-local-derivative", "return g * x"),
        ("local-derivative-forgotten", "return g * 0.5 * (1 + x * x) ** -0.5"),
        ("root-forgotten", "return g * x / (1 + x * x)"),
        ("stray-factor", "return g * x / (2 * np.sqrt(1 + x * x))"),
        ("absolute-value", "return np.where(x > 0, g, -g)"),
        ("sum-for-product", "slope = x / forward(x)\nreturn g + slope"),
        ("inverted", "slope = x / forward(x)\nreturn g / slope"),
        (None, "return g * 2 * x * forward(x)"),
        (None, "return g.sum() * x / forward(x)")],
    "03_numeric_gradient": [
        ("one-sided", """
            grad = np.zeros_like(x)
            for i in np.ndindex(x.shape):
                y = x.copy()
                y[i] += h
                grad[i] = (f(y) - f(x)) / h
            return grad"""),
        ("not-put-back", """
            grad = np.zeros_like(x)
            for i in np.ndindex(x.shape):
                x[i] += h
                up = f(x)
                x[i] -= 2 * h
                grad[i] = (up - f(x)) / (2 * h)     # and x[i] is not as it was
            return grad"""),
        ("not-put-back", """
            before, grad = f(x), np.zeros_like(x)
            for i in np.ndindex(x.shape):
                x[i] += h
                after = f(x)
                grad[i] = (after - before) / h
                before = after
            return grad"""),
        ("zeros", """
            grad = np.zeros_like(x)
            for i in np.ndindex(x.shape):
                up, down = x, x                     # two names of one array
                up[i] += h
                down[i] -= h
                grad[i] = (f(up) - f(down)) / (2 * h)
            return grad"""),
        ("all-at-once", "return np.ones_like(x) * (f(x + h) - f(x - h)) / (2 * h)"),
        ("wrong-shape", "return (f(x + h) - f(x - h)) / (2 * h)"),
        ("one-entry", """
            grad = np.zeros_like(x)
            for i in range(len(x)):
                for j in range(x.shape[1]):
                    grad[i, j] = (f(x[i, j] + h) - f(x[i, j] - h)) / (2 * h)
            return grad"""),
        ("whole-rows", """
            grad = np.zeros_like(x)
            for i in range(len(x)):
                up, down = x.copy(), x.copy()
                up[i] += h
                down[i] -= h
                grad[i] = (f(up) - f(down)) / (2 * h)
            return grad"""),
        ("entries-missed", """
            grad = np.zeros_like(x)
            for i in np.ndindex(x.shape):
                e = np.zeros_like(x)
                e[i] = h
                grad[i] = (f(x + e) - f(x - e)) / (2 * h)
                return grad                         # one tab too far to the right"""),
        ("stray-factor", """
            grad = np.zeros_like(x)
            for i in np.ndindex(x.shape):
                e = np.zeros_like(x)
                e[i] = h
                grad[i] = (f(x + e) - f(x - e)) / h
            return grad"""),
        ("wrong-shape", """
            grad = []
            for i in np.ndindex(x.shape):
                e = np.zeros_like(x)
                e[i] = h
                grad.append((f(x + e) - f(x - e)) / (2 * h))
            return np.array(grad)"""),
        (None, """
            grad = np.zeros_like(x)
            for i in np.ndindex(x.shape):
                e = np.zeros_like(x)
                e[i] = h
                grad[i] = abs(f(x + e) - f(x - e)) / (2 * h)
            return grad"""),
        ("not-put-back", """
            grad, e = np.zeros_like(x), np.zeros_like(x)            # e once for all
            for i in np.ndindex(x.shape):
                e[i] = h
                grad[i] = (f(x + e) - f(x - e)) / (2 * h)
            return grad""")],
    "04_bias": [
        ("missing-batch-sum", "return g, g"), ("extra-1/N", "return g, g.mean(axis=0)"),
        ("sign", "return g, -g.sum(axis=0)"), ("no-gradient", "return g, None"),
        ("wrong-shape", "return g, g.sum(axis=1)"), ("wrong-shape", "return g, g.sum()"),
        ("right-numbers-wrong-shape", "return g, g.sum(axis=0, keepdims=True)"),
        ("contributions-lost", "for row in g:\n    db = row\nreturn g, db"),
        ("product-rule", "return g * b, (x * g).sum(0)"), ("product-rule", "return g * x, g.sum(0)"),
        ("sum-too-far", "return g, np.ones(b.shape) * g.sum()"),
        ("cotangent-ignored", "return g, len(x) * np.ones_like(b)"),
        ("update-for-gradient", "db = g.sum(axis=0)\nb = b - db\nreturn g, b")],
    "05_unbroadcast": [
        ("wrong-shape", "while g.ndim > len(shape):\n    g = g.sum(axis=0)\nreturn g"),
        ("wrong-shape", """
            g = g.sum(axis=tuple(range(g.ndim - len(shape))))
            return g.sum(axis=tuple(i for i, n in enumerate(shape) if n == 1))"""),
        ("wrong-shape", """
            for i, n in enumerate(shape):           # b's axes, but g still has those in front
                if n == 1:
                    g = g.sum(axis=i, keepdims=True)
            return g.sum(axis=tuple(range(g.ndim - len(shape))))"""),
        ("extra-1/N", """
            g = g.mean(axis=tuple(range(g.ndim - len(shape))))
            return g.mean(axis=tuple(i for i, n in enumerate(shape) if n == 1), keepdims=True)"""),
        ("contributions-lost", """
            while g.ndim > len(shape):
                g = g[0]
            for i, n in enumerate(shape):
                if n == 1:
                    g = np.take(g, [0], axis=i)
            return g"""),
        ("contributions-lost", """
            db = np.zeros(shape)
            for i in np.ndindex(g.shape):
                own = i[g.ndim - len(shape):]
                db[tuple(k if n > 1 else 0 for k, n in zip(own, shape))] = g[i]     # not +=
            return db"""),
        ("wrong-places", "return g.reshape((-1,) + shape).sum(axis=0)"),
        ("sum-too-far", "return np.ones(shape) * g.sum()"),
        ("first-numbers", "return g.ravel()[:np.prod(shape, dtype=int)].reshape(shape)"),
        ("ValueError", """
            for i in range(g.ndim):                 # compared from the left
                if i >= len(shape) or shape[i] != g.shape[i]:
                    g = g.sum(axis=i, keepdims=True)
            return g.reshape(shape)"""),
        (None, "db = np.zeros(shape)\ndb += g.sum() / g.size\nreturn db")],
    "06_dense": [
        ("missing-batch-sum", "return g @ w.T, x.T @ g, g"),
        ("transposed", "return g @ w.T, g.T @ x, g.sum(0)"),
        ("gradients-swapped", "return x.T @ g, g @ w.T, g.sum(0)"),
        ("extra-1/N", "return g @ w.T, x.T @ g / len(x), g.sum(0)"),
        ("wrong-count", "return g @ w.T, x.T @ g"),
        ("ValueError", "return g @ w, x.T @ g, g.sum(0)"),
        ("contributions-lost", "for n in range(len(x)):\n    dw = np.outer(x[n], g[n])\n"
                               "return g @ w.T, dw, g.sum(0)"),
        ("product-of-sums", "gb = g.sum(0)\nreturn g @ w.T, np.outer(x.sum(0), gb), gb"),
        ("input-forgotten", "db = g.sum(0)\nreturn g @ w.T, np.tile(db, (len(w), 1)), db"),
        ("inverse-for-transpose", "back = w.T @ np.linalg.inv(w @ w.T)\nreturn g @ back, x.T @ g, g.sum(0)"),
        ("output-for-gradient", "y = x @ w + b\nreturn y @ w.T, x.T @ y, y.sum(0)"),
        ("missing-batch-sum", "dw = x[:, :, None] * g[:, None, :]\nreturn g @ w.T, dw, g.sum(0)"),
        ("extra-elementwise-factor", "g = g * (x @ w + b)\nreturn g @ w.T, x.T @ g, g.sum(0)"),
        ("wrong-shape", "return g @ w.T, x.T @ g, g.sum(1)"),
        ("update-for-gradient", "return g @ w.T, w - x.T @ g, b - g.sum(0)"),
        (None, "return g @ w.T, (x - x.mean(0)).T @ g, g.sum(0)")],
    "07_linear_stack": [
        ("transposed", "d = g @ v.T\nreturn d @ w, x.T @ d, (x @ w).T @ g"),
        ("transposed", "d = g @ v.T\nreturn d @ w.T, x.T @ d, g.T @ (x @ w)"),
        ("transposed", "d = g @ v\nreturn d @ w, x.T @ d, (x @ w).T @ g"),
        ("wrong-input", "d = g @ v.T\nreturn d @ w.T, x.T @ d, x.T @ g"),
        ("wrong-input", "h, d = x @ w, g @ v.T\nreturn d @ w.T, h.T @ d, h.T @ g"),
        ("layer-skipped", "return g @ v.T @ w.T, x.T @ g, (x @ w).T @ g"),
        ("layer-skipped", "return g @ w.T, x.T @ g, (x @ w).T @ g"),
        ("layer-skipped", "d = g @ v.T\nreturn d @ w.T, x.T @ d, (x @ w).T @ d"),
        ("wrong-order", "return g @ (v @ w).T, x.T @ g @ v.T, (x @ w).T @ g"),
        ("inverse-for-transpose", "d = np.linalg.solve(v.T, g.T).T\nreturn d @ w.T, x.T @ d, (x @ w).T @ g"),
        ("output-for-gradient", "y = x @ w @ v\nd = y @ v.T\nreturn d @ w.T, x.T @ d, (x @ w).T @ y"),
        ("extra-1/N", "d = g @ v.T\nreturn d @ w.T, x.T @ d / len(x), (x @ w).T @ g / len(x)"),
        (None, "d = g * v.sum(1)\nreturn d @ w.T, x.T @ d, (x @ w).T @ g"),
        ("wrong-weights", "d = g @ w.T\nreturn d @ w.T, x.T @ d, (x @ w).T @ g")],
    "08_relu": [
        ("mask-missing", "return g"), ("mask-inverted", "return g * (x < 0)"),
        ("not-linear", "return g * (g > 0)"),
        ("cotangent-mutated", "g[x <= 0] = 0\nreturn g"), ("cotangent-ignored", "return 1.0 * (x > 0)"),
        ("input-mutated", "x[x < 0] = 0\nreturn g * (x > 0)"),
        ("output-for-slope", "y = np.maximum(x, 0)\nreturn y * g"),
        ("output-for-gradient", "return np.where(x > 0, x, 0)"),
        ("absolute-value", "return np.where(x > 0, 1, -1) * g"),
        ("leak", "slope = np.ones_like(x)\nslope[x < 0] = 0.01\nreturn slope * g"),
        ("mask-missing", "y = np.maximum(x, 0)\nreturn g * (y >= 0)"),
        ("not-linear", "return np.maximum(g, 0)"),
        ("different-mask", "return g * (x.mean(axis=1, keepdims=True) > 0)"),
        ("wrong-shape", "return g[x > 0]")],
    "09_relu_layer": [
        ("mask-missing", "return g @ w.T, x.T @ g, g.sum(0)"),
        ("mask-inverted", "d = g * (x @ w + b < 0)\nreturn d @ w.T, x.T @ d, d.sum(0)"),
        ("mask-missing", "d = g * (x @ w + b > 0)\nreturn g @ w.T, x.T @ d, d.sum(0)"),
        ("mask-missing", "d = g * (x @ w + b > 0)\nreturn d @ w.T, x.T @ d, g.sum(0)"),
        ("bias-forgotten", "d = np.where(x @ w > 0, g, 0)\nreturn d @ w.T, x.T @ d, d.sum(0)"),
        ("gate-misplaced", "dx = g @ w.T\ndx[x <= 0] = 0\nreturn dx, x.T @ g, g.sum(0)"),
        ("wrong-local-derivative", "d = g * np.maximum(x @ w + b, 0)\nreturn d @ w.T, x.T @ d, d.sum(0)"),
        ("input-gated", "d = g * (x @ w + b > 0)\nreturn d @ w.T, (x * (x > 0)).T @ d, d.sum(0)"),
        ("not-linear", "d = np.maximum(g, 0)\nreturn d @ w.T, x.T @ d, d.sum(0)"),
        ("cotangent-ignored", "d = 1.0 * (x @ w + b > 0)\nreturn d @ w.T, x.T @ d, d.sum(0)"),
        ("ValueError", "d = g * (x > 0)\nreturn d @ w.T, x.T @ d, d.sum(0)")],
    "10_sigmoid": [
        ("x-for-y", "return g * x * (1 - x)"), ("wrong-local-derivative", "return g * forward(x)"),
        ("cotangent-ignored", "return forward(x) * (1 - forward(x))"),
        ("wrong-local-derivative", "y = forward(x)\nreturn g * (1 - y ** 2)"),         # that of tanh
        ("wrong-local-derivative", "return g / (1 + np.exp(-x)) ** 2"),
        ("wrong-local-derivative", "return g * np.exp(-x) / (1 + np.exp(-x))"),
        ("inner-derivative-forgotten", "return -g / (1 + np.exp(-x)) ** 2"),
        ("sign", "return -g * np.exp(-x) / (1 + np.exp(-x)) ** 2"),
        ("bracket-forgotten", "y = forward(x)\nreturn g * y - y * y"),
        ("divided-by-slope", "y = forward(x)\nreturn g / (y - y * y)"),
        ("slope-constant", "return 0.25 * g"),
        ("power-misplaced", "e = np.exp(-x)\nreturn g * e / (1 + e ** 2)"),
        ("not-linear", "y = forward(g)\nreturn y * (1 - y)"),
        (None, "y = forward(x)\ny = y * (1 - y)\nreturn g * y * (1 - y)")],
    "11_tanh": [
        ("x-for-y", "return g * (1 - x ** 2)"), ("wrong-local-derivative", "return g * (1 - np.tanh(x))"),
        ("cotangent-ignored", "return 1 - np.tanh(x) ** 2"),
        ("wrong-local-derivative", "y = np.tanh(x)\nreturn g * y * (1 - y)"),          # that of the sigmoid
        ("wrong-local-derivative", "y = np.tanh(x)\nreturn g * (1 + y ** 2)"),
        ("wrong-local-derivative", "y = np.tanh(x)\nreturn g * -y ** 2"),
        ("wrong-local-derivative", "return g * (1 - np.tanh(x)) ** 2"),
        ("wrong-local-derivative", "return g / (1 + x ** 2)"),
        ("x-for-y", "return g * (1 - np.tanh(forward(x)) ** 2)"),
        ("bracket-forgotten", "return g - np.tanh(x) ** 2"),
        ("divided-by-slope", "return g * np.cosh(x) ** 2"),
        ("stray-factor", "s = 1 / (1 + np.exp(-2 * x))\nreturn g * s * (1 - s)"),
        ("not-linear", "return g * (1 - np.tanh(g) ** 2)"),
        (None, "a, b = np.exp(x) - np.exp(-x), np.exp(x) + np.exp(-x)\nreturn g * (b * b - a * a) / b")],
    "12_root": [
        ("stray-factor", "return g / np.sqrt(x)"), ("x-for-y", "return g / (2 * x)"),
        ("extra-elementwise-factor", "return g / 2 * np.sqrt(x)"),
        ("wrong-local-derivative", "return 2 * g * np.sqrt(x)"),
        ("wrong-local-derivative", "return 2 * g * x"),
        ("wrong-local-derivative", "return -0.5 * g * x ** -1.5"),
        ("power-lowered-twice", "return 0.5 * g * x ** -1.5"),
        ("root-too-far", "return g / np.sqrt(2 * x)"), ("cotangent-ignored", "return 0.5 / np.sqrt(x)"),
        ("g-for-x", "with np.errstate(all='ignore'):\n    return g / (2 * np.sqrt(g))"),
        ("x-for-y", "y = forward(x)\nreturn g / (2 * np.sqrt(y))"), (None, "return g / 2 * x")],
    "13_mse": [
        ("stray-factor", "return g * (x - t) / x.size"), ("missing-1/N", "return g * 2 * (x - t)"),
        ("sign", "return g * 2 * (t - x) / x.size"), ("cotangent-ignored", "return 2 * (x - t) / x.size"),
        ("missing-1/N", "return 2 * g * (x - t) / len(x)"),
        ("missing-1/N", "return 2 * g * (x - t) / x.shape[1]"),
        ("wrong-local-derivative", "return g * (x - t) ** 2 / x.size"),
        ("wrong-local-derivative", "return g * np.where(x > t, 1, -1) / x.size"),
        ("target-forgotten", "return g * 2 * x / x.size"),
        ("sign-lost", "return 2 * g * abs(x - t) / x.size"),
        ("bracket-forgotten", "return g * (2 * x - t) / x.size"),
        ("wrong-shape", "return g * 2 * (x - t).mean()"),
        ("constant-factor", "return g * (x - t) / len(x)"),
        (None, "return g * 2 * (x.mean(axis=0) - t) / x.size"),
        ("mean-for-slope", "return np.full(x.shape, 2 * g * (x - t).mean())"),
        ("mean-for-slope", "return np.full(x.shape, 2 * g * (x - t).mean() / x.size)")],
    "14_softmax": [
        ("diagonal-only", "p = forward(s)\nreturn g * p * (1 - p)"),
        ("normaliser-path-missing", "return g * forward(s)"),
        ("wrong-axis", "p = forward(s)\nreturn p * (g - (g * p).sum(axis=0))"),
        ("normaliser-path-missing", "p = forward(s)\nreturn p * (g - (g * p).sum())"),
        ("wrong-axis", "p = np.exp(s) / np.sum(np.exp(s))\n"
                       "return p * (g - (g * p).sum(axis=1, keepdims=True))"),
        ("factor-missing", "p = forward(s)\nreturn g - np.sum(p * g, axis=1, keepdims=True)"),
        ("bracket-forgotten", "p = forward(s)\nreturn p * g - np.sum(p * g, axis=1, keepdims=True)"),
        ("counted-twice", """
            p = forward(s)
            own = g * p * (1 - p)
            return own - p * (g * p).sum(axis=1, keepdims=True)"""),
        ("own-case", """
            p = forward(s)
            ds = g * p
            for i in range(s.shape[1]):
                for j in range(s.shape[1]):
                    if i != j:
                        ds[:, j] -= g[:, i] * p[:, i] * p[:, j]
            return ds"""),
        ("numerator-path-missing", "p = forward(s)\nreturn -p * (g * p).sum(axis=1, keepdims=True)"),
        ("cotangent-missing", "p = forward(s)\nreturn p * (g - p)"),
        ("zeros", "p = forward(s)\nreturn np.stack([(np.diag(q) - np.outer(q, q)).sum(0) for q in p]) * g"),
        ("ValueError", "p = forward(s)\nreturn p * (g - (g * p).sum(axis=1))"),
        (None, "return g * np.exp(s)")],
    "15_cross_entropy": [
        ("missing-1/N", "p = np.exp(s) / np.exp(s).sum(1, keepdims=True)\np[np.arange(len(s)), labels] -= 1\n"
                        "return g * p"),
        ("few-entries", "return g * np.exp(s) / np.exp(s).sum(1, keepdims=True) / len(s)"),
        ("sign", "p = np.exp(s) / np.exp(s).sum(1, keepdims=True)\np[np.arange(len(s)), labels] -= 1\n"
                 "return -g * p / len(s)"),
        ("extra-1/N", "p = np.exp(s) / np.exp(s).sum(1, keepdims=True)\np[np.arange(len(s)), labels] -= 1\n"
                      "return g * p / s.size"),
        ("wrong-axis", "p = np.exp(s) / np.exp(s).sum(axis=0)\np[np.arange(len(s)), labels] -= 1\n"
                       "return g * p / len(s)"),
        ("columns-for-entries", "p = np.exp(s) / np.exp(s).sum(1, keepdims=True)\np[:, labels] -= 1\n"
                                "return g * p / len(s)"),
        ("gradient-of-p", "p = np.exp(s) / np.exp(s).sum(1, keepdims=True)\nrows = np.arange(len(s))\n"
                          "d = 0 * s\nd[rows, labels] = -1 / p[rows, labels]\nreturn g * d / len(s)"),
        ("extra-slope", "p = np.exp(s) / np.exp(s).sum(1, keepdims=True)\n"
                        "return g * (p - np.eye(s.shape[1])[labels]) * p * (1 - p) / len(s)"),
        ("softmax-forgotten", "d = s.copy()\nd[np.arange(len(s)), labels] -= 1\nreturn g * d / len(s)"),
        ("cotangent-ignored", "p = np.exp(s) / np.exp(s).sum(1, keepdims=True)\n"
                              "return (p - np.eye(s.shape[1])[labels]) / len(s)"),
        ("nothing-arrives", """
            ds, rows = np.zeros_like(s), np.arange(len(s))
            p = np.exp(s) / np.exp(s).sum(1, keepdims=True)
            ds[rows, labels] = p[rows, labels] - 1              # the right class alone
            return g * ds / len(s)"""),
        ("normaliser-path-missing", "return -g * np.eye(s.shape[1])[labels] / len(s)"),
        ("label-as-number",
         "p = np.exp(s) / np.exp(s).sum(1, keepdims=True)\nreturn g * (p - labels[:, None]) / len(s)"),
        (None, "p = 1 / (1 + np.exp(-s))\np[np.arange(len(s)), labels] -= 1\nreturn g * p / len(s)")],
    "16_pixel_loss": [
        ("missing-1/N", "return g * (q - x) / (q * (1 - q))"),
        ("extra-1/N", "return g * (q - x) / (q * (1 - q)) / q.size"),
        ("sign", "return g * (x - q) / (q - q * q) / len(x)"),
        ("by-the-logit", "return g * (q - x) / len(q)"),
        ("term-lost", "return -g * x / q / len(q)"),
        ("term-lost", "return g * (1 - x) / (1 - q) / len(q)"),
        ("inner-sign", "return -g * (x / q + (1 - x) / (1 - q)) / len(q)"),
        ("x-and-q-swapped", "return g * ((1 - q) / (1 - x) - q / x) / len(q)"),
        ("cotangent-ignored", "return (q - x) / (q * (1 - q)) / len(q)"),
        ("value-for-slope", "return -g * (x * np.log(q) + (1 - x) * np.log(1 - q)) / len(q)"),
        (None, "return g * np.sign(q - x) / len(q)")],
    "17_initialisation": [
        ("variance-for-deviation", "n, m = z.shape\nreturn z * 2 / ((1 + a ** 2) * n)"),
        ("leak-forgotten", "return z * np.sqrt(2 / len(z))"),
        ("fan-out", "variance = 2 / (1 + a ** 2) / z.shape[1]\nreturn z * np.sqrt(variance)"),
        ("glorot", "return z * np.sqrt(2 / (z.shape[0] + z.shape[1]))"),
        ("bend-forgotten", "return z / len(z) ** 0.5"),
        ("square-forgotten", "return z * np.sqrt(2 / ((1 + a) * len(z)))"),
        ("mean-for-mean-square", "mean_slope = (1 + a) / 2\nreturn z / (np.sqrt(len(z)) * mean_slope)"),
        ("half-forgotten", "return z * np.sqrt(1 / (len(z) * (1 + a ** 2)))"),
        ("gain-inverted", "return z * np.sqrt((1 + a ** 2) / 2 / len(z))"),
        ("half-rooted", "c = np.sqrt(2 / (1 + a ** 2)) / len(z)\nreturn c * z"),
        ("half-rooted", "he = z * np.sqrt(2 / len(z))\nreturn he / (1 + a ** 2)"),
        ("all-weights", "return z * np.sqrt(2 / (1 + a ** 2) / z.size)"),
        (None, "w = z * np.sqrt(2 / len(z))\nreturn np.where(w > 0, w, a * w)"),
        (None, "return z / np.sqrt((z ** 2).sum(axis=0) * (1 + a ** 2) / 2)")],
    "18_momentum": [
        ("heavy-ball", "v = MU * v + slope(w)\nw = w - ETA * v\nreturn w, v"),
        ("place-ahead", "g = slope(w)\nv = MU * v + g\nreturn w - ETA * (g + MU * v), v"),
        ("moved-twice", "w = w - ETA * MU * v\nv = MU * v + slope(w)\nreturn w - ETA * v, v"),
        ("whole-velocity", "g = slope(w - ETA * v)\nv = MU * v + g\nreturn w - ETA * v, v"),
        ("rate-forgotten", "g = slope(w - MU * v)\nv = MU * v + g\nreturn w - ETA * v, v"),
        ("looks-back", "v_new = MU * v + slope(w + ETA * MU * v)\nreturn w - ETA * v_new, v_new"),
        ("rate-in-the-velocity", "v = MU * v - ETA * slope(w + MU * v)\nreturn w + v, v"),
        ("mean-for-sum", "g = slope(w - ETA * MU * v)\nv = MU * v + (1 - MU) * g\nreturn w - ETA * v, v"),
        ("old-state", "g = slope(w - ETA * MU * v)\nreturn w - ETA * (MU * v + g), v"),
        ("order", "g = slope(w - ETA * MU * v)\nv = MU * v + g\nreturn v, w - ETA * v"),
        (None, "v = MU * v + slope(w)\nv = MU * v + slope(w - ETA * v)\nreturn w - ETA * v, v")],
    "19_adam": [
        ("uncorrected", "m = 0.9 * m + 0.1 * g\nv = 0.999 * v + 0.001 * g * g\n"
                        "return w - ETA * m / (np.sqrt(v) + EPS), m, v"),
        ("eps-in-the-root", "m = 0.9 * m + 0.1 * g\nv = 0.999 * v + 0.001 * g * g\n"
                            "m_hat, v_hat = m / (1 - 0.9 ** t), v / (1 - 0.999 ** t)\n"
                            "return w - ETA * m_hat / np.sqrt(v_hat + EPS), m, v"),
        ("corrected-state", "m = (0.9 * m + 0.1 * g) / (1 - 0.9 ** t)\nreturn w, m, v"),
        ("square-forgotten", "return w, 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g"),
        ("old-state", "return w - ETA * np.sign(g), m, v"),
        ("weights-swapped", "return w, 0.1 * m + 0.9 * g, v"),
        ("sign", "m = 0.9 * m + 0.1 * g\nv = 0.999 * v + 0.001 * g * g\n"
                 "return w + ETA * m / (1 - 0.9 ** t) / (np.sqrt(v / (1 - 0.999 ** t)) + EPS), m, v"),
        ("root-forgotten", "m = 0.9 * m + 0.1 * g\nv = 0.999 * v + 0.001 * g * g\n"
                           "return w - ETA * m / (1 - 0.9 ** t) / (v / (1 - 0.999 ** t) + EPS), m, v"),
        ("half-corrected", "m = 0.9 * m + 0.1 * g\nv = 0.999 * v + 0.001 * g * g\n"
                           "return w - ETA * m / (1 - 0.9 ** t) / (np.sqrt(v) + EPS), m, v"),
        ("wrong-count", "return w"), (None, "return w, 0.8 * m + 0.2 * g, v"),
        ("gradient-for-mean", "m = 0.9 * m + 0.1 * g\nv = 0.999 * v + 0.001 * g * g\n"
                              "return w - ETA * g / (np.sqrt(v / (1 - 0.999 ** t)) + EPS), m, v"),
        ("sum-for-mean", "m = 0.9 * m + 0.1 * g\nv = v + g ** 2\n"
                         "return w - ETA * m / (1 - 0.9 ** t) / (np.sqrt(v) + EPS), m, v"),
        ("weight-forgotten", "m = 0.9 * m + g\nv = 0.999 * v + 0.001 * g * g\nreturn w - ETA * m, m, v"),
        ("square-of-the-mean", """
            m = 0.9 * m + 0.1 * g
            v = 0.999 * v + 0.001 * m ** 2
            return w - ETA * m / (1 - 0.9 ** t) / (np.sqrt(v / (1 - 0.999 ** t)) + EPS), m, v"""),
        ("power-forgotten", """
            m, v = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g * g
            return w - ETA * m / 0.1 / (np.sqrt(v / 0.001) + EPS), m, v""")],
    "20_padding": [
        ("padding-kept", "return g"), ("padding-kept", "return np.where(forward(x, kh, kw) != 0, g, 0)"),
        ("framed-twice", "return forward(g, kh, kw)"),
        ("empty-slice", "a, b = (kh - 1) // 2, (kw - 1) // 2\nreturn g[:, :, a:a - kh + 1, b:b - kw + 1]"),
        ("rounded-up", "h, w, i, j = *x.shape[2:], kh // 2, kw // 2\nreturn g[:, :, i:i + h, j:j + w]"),
        ("one-sided-cut", "n, c, h, w = x.shape\nreturn g[:, :, :h, :w]"),
        ("one-sided-cut", "n, c, h, w = x.shape\nreturn g[:, :, -h:, -w:]"),
        ("axes-exchanged", "n, c, h, w = x.shape\ni, j = (kw - 1) // 2, (kh - 1) // 2\n"
                           "return g[:, :, i:i + h, j:j + w]"),
        ("border-repeated", """
            top, left, h, w = (kh - 1) // 2, (kw - 1) // 2, x.shape[2], x.shape[3]
            dx = np.zeros_like(x)
            for i in range(g.shape[2]):
                for j in range(g.shape[3]):
                    dx[:, :, min(max(i - top, 0), h - 1), min(max(j - left, 0), w - 1)] += g[:, :, i, j]
            return dx"""),
        ("wrong-shape", "n, c, h, w = x.shape\na, b = (kh - 1) // 2, (kw - 1) // 2\n"
                        "return g[:, :, a:h - a, b:w - b]")],
    "21_convolution": [
        ("contributions-lost", """
            dx, dw = np.zeros_like(x), np.zeros_like(w)
            for i, j in np.ndindex(output_size(x, w)):
                here = np.s_[:, :, i:i + w.shape[2], j:j + w.shape[3]]
                dx[here] = np.einsum("no,ocuv->ncuv", g[:, :, i, j], w)
                dw += np.einsum("no,ncuv->ocuv", g[:, :, i, j], x[here])
            return dx, dw"""),
        ("kernel-flipped", """
            dx, dw = np.zeros_like(x), np.zeros_like(w)
            for i, j in np.ndindex(output_size(x, w)):
                here = np.s_[:, :, i:i + w.shape[2], j:j + w.shape[3]]
                dx[here] += np.einsum("no,ocuv->ncuv", g[:, :, i, j], w[:, :, ::-1, ::-1])
                dw += np.einsum("no,ncuv->ocuv", g[:, :, i, j], x[here])
            return dx, dw"""),
        ("contributions-lost", """
            dx, dw = np.zeros_like(x), np.zeros_like(w)
            for i, j in np.ndindex(output_size(x, w)):
                here = np.s_[:, :, i:i + w.shape[2], j:j + w.shape[3]]
                dx[here] += np.einsum("no,ocuv->ncuv", g[:, :, i, j], w)
                dw = np.einsum("no,ncuv->ocuv", g[:, :, i, j], x[here])
            return dx, dw"""),
        ("contributions-lost", """
            dx, dw = np.zeros_like(x), np.zeros_like(w)
            for i in range(g.shape[2] - 1):
                for j in range(g.shape[3] - 1):
                    here = np.s_[:, :, i:i + w.shape[2], j:j + w.shape[3]]
                    dx[here] += np.einsum("no,ocuv->ncuv", g[:, :, i, j], w)
                    dw += np.einsum("no,ncuv->ocuv", g[:, :, i, j], x[here])
            return dx, dw"""),
        ("missing-batch-sum", """
            dx, dw = np.zeros_like(x), np.zeros((len(x), *w.shape))
            for i, j in np.ndindex(output_size(x, w)):
                here = np.s_[:, :, i:i + w.shape[2], j:j + w.shape[3]]
                dx[here] += np.einsum("no,ocuv->ncuv", g[:, :, i, j], w)
                dw += np.einsum("no,ncuv->nocuv", g[:, :, i, j], x[here])
            return dx, dw"""),
        ("extra-1/N", """
            dx, dw = np.zeros_like(x), np.zeros_like(w)
            for i, j in np.ndindex(output_size(x, w)):
                here = np.s_[:, :, i:i + w.shape[2], j:j + w.shape[3]]
                dx[here] += np.einsum("no,ocuv->ncuv", g[:, :, i, j], w)
                dw += np.einsum("no,ncuv->ocuv", g[:, :, i, j], x[here]) / len(x)
            return dx, dw"""),
        ("one-window", """
            dx, dw = np.zeros_like(x), np.zeros_like(w)
            for i, j in np.ndindex(output_size(x, w)):
                here = np.s_[:, :, i:i + w.shape[2], j:j + w.shape[3]]
                dx[here] += np.einsum("no,ocuv->ncuv", g[:, :, i, j], w)
            total = g.sum(axis=(2, 3))                          # w is the same everywhere, but x is not
            return dx, np.einsum("no,ncuv->ocuv", total, x[:, :, :w.shape[2], :w.shape[3]])"""),
        ("mean-of-the-shares", """
            dx, dw, times = np.zeros_like(x), np.zeros_like(w), np.zeros(x.shape[2:])
            for i, j in np.ndindex(output_size(x, w)):
                rows, columns = slice(i, i + w.shape[2]), slice(j, j + w.shape[3])
                dx[:, :, rows, columns] += np.einsum("no,ocuv->ncuv", g[:, :, i, j], w)
                dw += np.einsum("no,ncuv->ocuv", g[:, :, i, j], x[:, :, rows, columns])
                times[rows, columns] += 1
            return dx / times, dw"""),
        ("wrong-shape", "return forward(g, w.swapaxes(0, 1)), np.zeros_like(w)"),
        ("channels-summed", """
            dx, dw = np.zeros_like(x), np.zeros_like(w)
            for i, j in np.ndindex(output_size(x, w)):
                here = np.s_[:, :, i:i + w.shape[2], j:j + w.shape[3]]
                dx[here] += np.einsum("no,ocuv->ncuv", g[:, :, i, j], w).sum(axis=1, keepdims=True)
                dw += np.einsum("no,ncuv->ocuv", g[:, :, i, j], x[here])
            return dx, dw""")],
    "22_stride": [
        ("kernel-flipped", """
            dx, dw = np.zeros_like(x), np.zeros_like(w)
            for i in range(g.shape[1]):
                dx[:, 2 * i:2 * i + len(w)] += g[:, i:i + 1] * w[::-1]
                dw += g[:, i] @ x[:, 2 * i:2 * i + len(w)]
            return dx, dw"""),
        ("contributions-lost", """
            dx, dw = np.zeros_like(x), np.zeros_like(w)
            for i in range(g.shape[1] - 1):
                dx[:, 2 * i:2 * i + len(w)] += g[:, i:i + 1] * w
                dw += g[:, i] @ x[:, 2 * i:2 * i + len(w)]
            return dx, dw"""),
        ("stride-forgotten", """
            dx, dw = np.zeros_like(x), np.zeros_like(w)
            for i in range(g.shape[1]):
                dx[:, i:i + len(w)] += g[:, i:i + 1] * w
                dw += g[:, i] @ x[:, i:i + len(w)]
            return dx, dw"""),
        ("contributions-lost", """
            dx, dw = np.zeros_like(x), np.zeros_like(w)
            for i in range(g.shape[1]):
                dx[:, 2 * i:2 * i + len(w)] += g[:, i:i + 1] * w
                dw = g[:, i] @ x[:, 2 * i:2 * i + len(w)]
            return dx, dw"""),
        ("mean-of-the-shares", """
            dx, dw, times = np.zeros_like(x), np.zeros_like(w), np.zeros(x.shape[1])
            for i in range(g.shape[1]):
                window = slice(2 * i, 2 * i + len(w))
                dx[:, window] += g[:, i:i + 1] * w
                dw += g[:, i] @ x[:, window]
                times[window] += 1
            return dx / np.maximum(times, 1), dw"""),
        ("missing-batch-sum", """
            dx, dw = np.zeros_like(x), np.zeros((len(x), len(w)))
            for i in range(g.shape[1]):
                window = slice(2 * i, 2 * i + len(w))
                dx[:, window] += g[:, i:i + 1] * w
                dw += g[:, i:i + 1] * x[:, window]
            return dx, dw"""),
        ("extra-1/N", """
            dx, dw = np.zeros_like(x), np.zeros_like(w)
            for i in range(g.shape[1]):
                window = slice(2 * i, 2 * i + len(w))
                dx[:, window] += g[:, i:i + 1] * w
                dw += (g[:, i:i + 1] * x[:, window]).mean(axis=0)
            return dx, dw"""),
        ("contributions-lost", """
            dx, dw = np.zeros_like(x), np.zeros_like(w)
            dx[:, :2 * g.shape[1]:2] = g * w[0]                 # only where a window begins
            for i in range(g.shape[1]):
                dw += g[:, i] @ x[:, 2 * i:2 * i + len(w)]
            return dx, dw"""),
        (None, """
            dx, dw = np.zeros_like(x), np.zeros_like(w)
            for i in range(g.shape[1]):
                window = slice(2 * i, 2 * i + len(w))
                dx[:, window] += g[:, i:i + 1] * w.sum()
                dw += g[:, i] @ x[:, window]
            return dx, dw""")],
    "23_dilation": [
        ("contributions-lost", "at, dx = places(x, w), np.zeros_like(x)\ndx[:, at] += g[:, :, None] * w\n"
                               "return dx, np.einsum('ni,nik->k', g, x[:, at])"),
        ("contributions-lost", """
            dx, dw, at = np.zeros_like(x), np.zeros_like(w), places(x, w)
            for i in range(g.shape[1]):
                dx[:, at[i]] = g[:, i:i + 1] * w
                dw += g[:, i] @ x[:, at[i]]
            return dx, dw"""),
        ("stride-for-dilation", """
            dx, dw = np.zeros_like(x), np.zeros_like(w)
            for i in range(g.shape[1]):
                for u in range(len(w)):
                    dx[:, DILATION * i + STRIDE * u] += g[:, i] * w[u]
                    dw[u] += (g[:, i] * x[:, DILATION * i + STRIDE * u]).sum()
            return dx, dw"""),
        ("dilation-forgotten", """
            dx, dw = np.zeros_like(x), np.zeros_like(w)
            for i in range(g.shape[1]):
                window = slice(STRIDE * i, STRIDE * i + len(w))
                dx[:, window] += g[:, i:i + 1] * w
                dw += g[:, i] @ x[:, window]
            return dx, dw"""),
        ("stride-forgotten", """
            dx, dw = np.zeros_like(x), np.zeros_like(w)
            for i in range(g.shape[1]):
                window = slice(i, i + DILATION * len(w), DILATION)
                dx[:, window] += g[:, [i]] * w
                dw += g[:, i] @ x[:, window]
            return dx, dw"""),
        ("kernel-flipped", """
            at, dx = places(x, w), np.zeros_like(x)
            for i in range(len(at)):
                dx[:, at[i]] += g[:, i, None] * w[::-1]
            return dx, sum(g[:, i] @ x[:, at[i]] for i in range(len(at)))"""),
        ("missing-batch-sum", """
            at, dx = places(x, w), np.zeros_like(x)
            for i in range(len(at)):
                dx[:, at[i]] += g[:, i, None] * w
            return dx, (g[:, :, None] * x[:, at]).sum(axis=1)"""),
        ("contributions-lost", """
            at, dx = places(x, w), np.zeros_like(x)
            for i in range(len(at)):
                dx[:, at[i, 0]:at[i, -1]:3] += g[:, i, None] * w[:-1]
            return dx, np.einsum("ni,nik->k", g, x[:, at])"""),
        ("wrong-shape", "return (g[:, :, None] * w).sum(1), np.einsum('ni,nik->k', g, x[:, places(x, w)])")],
    "24_transposed_convolution": [
        ("contributions-lost", """
            n, o, oh, ow = y.shape
            o, c, kh, kw = w.shape
            out = np.zeros((n, c, 2 * oh - 2 + kh, 2 * ow - 2 + kw))
            for i in range(oh):
                for j in range(ow):
                    out[:, :, 2 * i:2 * i + kh, 2 * j:2 * j + kw] = np.tensordot(y[:, :, i, j], w, 1)
            return out[:, :, 1:-1, 1:-1]"""),
        ("kernel-flipped", """
            n, o, oh, ow = y.shape
            o, c, kh, kw = w.shape
            out = np.zeros((n, c, 2 * oh - 2 + kh, 2 * ow - 2 + kw))
            for i in range(oh):
                for j in range(ow):
                    out[:, :, 2 * i:2 * i + kh, 2 * j:2 * j + kw] += \\
                        np.tensordot(y[:, :, i, j], np.flip(w, (2, 3)), 1)
            return out[:, :, 1:-1, 1:-1]"""),
        ("kernel-flipped", """
            (oh, ow), (kh, kw) = y.shape[2:], w.shape[2:]           # spread out, but the filter not turned
            wide = np.zeros((*y.shape[:2], 2 * oh - 1 + 2 * (kh - 1), 2 * ow - 1 + 2 * (kw - 1)))
            wide[:, :, kh - 1:kh + 2 * oh - 2:2, kw - 1:kw + 2 * ow - 2:2] = y
            windows = np.lib.stride_tricks.sliding_window_view(wide, (kh, kw), axis=(2, 3))
            return np.einsum("noijuv,ocuv->ncij", windows, w)[:, :, 1:-1, 1:-1]"""),
        ("wrong-shape", """
            n, o, oh, ow = y.shape
            o, c, kh, kw = w.shape
            out = np.zeros((n, c, 2 * oh - 2 + kh, 2 * ow - 2 + kw))
            for i in range(oh):
                for j in range(ow):
                    out[:, :, 2 * i:2 * i + kh, 2 * j:2 * j + kw] += np.tensordot(y[:, :, i, j], w, 1)
            return out"""),
        ("one-sided-cut", """
            n, o, oh, ow = y.shape
            o, c, kh, kw = w.shape
            out = np.zeros((n, c, 2 * oh - 2 + kh, 2 * ow - 2 + kw))
            for i in range(oh):
                for j in range(ow):
                    out[:, :, 2 * i:2 * i + kh, 2 * j:2 * j + kw] += np.tensordot(y[:, :, i, j], w, 1)
            return out[:, :, :2 * oh + kh - 4, :2 * ow + kw - 4]"""),
        ("stride-forgotten", """
            n, o, oh, ow = y.shape
            o, c, kh, kw = w.shape
            out = np.zeros((n, c, 2 * oh - 2 + kh, 2 * ow - 2 + kw))
            for i in range(oh):
                for j in range(ow):
                    out[:, :, i:i + kh, j:j + kw] += np.tensordot(y[:, :, i, j], w, 1)
            return out[:, :, 1:-1, 1:-1]"""),
        ("averaged", """
            n, o, oh, ow = y.shape
            o, c, kh, kw = w.shape
            out, seen = np.zeros((2, n, c, 2 * oh - 2 + kh, 2 * ow - 2 + kw))
            for i in range(oh):
                for j in range(ow):
                    out[:, :, 2 * i:2 * i + kh, 2 * j:2 * j + kw] += np.tensordot(y[:, :, i, j], w, 1)
                    seen[:, :, 2 * i:2 * i + kh, 2 * j:2 * j + kw] += 1
            return (out / seen)[:, :, 1:-1, 1:-1]"""),
        ("inverse", """
            shape = w.shape[1], *(2 * (m - 1) + k - 2 for m, k in zip(y.shape[2:], w.shape[2:]))
            pixels = np.eye(np.prod(shape)).reshape(-1, *shape)
            matrix = convolution(pixels, w).reshape(len(pixels), -1).T
            best = [np.linalg.lstsq(matrix, one.ravel(), rcond=None)[0] for one in y]
            return np.reshape(best, (-1, *shape))"""),
        ("wrong-shape", """
            big = y.repeat(2, axis=2).repeat(2, axis=3)             # twice as large, then a convolution
            big = np.pad(big, ((0, 0), (0, 0), (2, 2), (1, 1)))
            windows = np.lib.stride_tricks.sliding_window_view(big, w.shape[2:], axis=(2, 3))
            return np.einsum("noijuv,ocuv->ncij", windows, w)"""),
        ("ValueError", "return convolution(y, w)")],
    "25_channel_gain": [
        ("missing-batch-sum", "return g * a[:, None, None], (g * x).sum((2, 3))"),
        ("missing-broadcast-sum", "return g * a[:, None, None], (g * x).sum((0, 3))"),
        ("passed-through", "return g, (g * x).sum((0, 2, 3))"),
        ("extra-1/N", "return g * a[:, None, None], (g * x).mean((0, 2, 3))"),
        ("extra-1/N", "return g * a[:, None, None], (g * x).sum((2, 3)).mean(axis=0)"),
        ("factor-forgotten", "return g * a[:, None, None], g.sum((0, 2, 3))"),
        ("wrong-shape", "return g * a[:, None, None], (g * x).sum((0, 1, 2))"),
        ("extra-elementwise-factor", "return g * a[:, None, None], (g * forward(x, a)).sum((0, 2, 3))"),
        ("wrong-local-derivative", "return g * x, (g * x).sum((0, 2, 3))"),
        ("inverse", "return g / a[:, None, None], (g * x).sum((0, 2, 3))"),
        ("product-of-sums", "return g * a[:, None, None], g.sum((0, 2, 3)) * x.sum((0, 2, 3))"),
        ("not-linear", "return g * a[:, None, None], np.abs(g * x).sum((0, 2, 3))")],
    "26_average_pool": [
        ("contributions-lost", "dx = np.zeros_like(x)\nfor i, j, window in windows(x):\n"
                               "    dx[window] = g[:, :, i, j, None, None] / 9\nreturn dx"),
        ("undivided", "dx = np.zeros_like(x)\nfor i, j, window in windows(x):\n"
                      "    dx[window] += g[:, :, i, j, None, None]\nreturn dx"),
        ("edges-missing", "dx = np.zeros((*x.shape[:2], 5, 5))\nfor i, j, window in windows(x):\n"
                          "    dx[window] += g[:, :, i, j, None, None] / 9\nreturn dx"),
        ("stride-forgotten", """
            dx = np.zeros_like(x)
            for n, c, i, j in np.ndindex(g.shape):
                dx[n, c, i:i + 3, j:j + 3] += g[n, c, i, j] / 9
            return dx"""),
        ("not-shared", """
            dx = np.zeros_like(x)
            for i, j in np.ndindex(g.shape[2:]):                    # the middle stands for its window
                dx[:, :, 2 * i + 1, 2 * j + 1] += g[:, :, i, j]
            return dx"""),
        ("overlaps-averaged", """
            dx, times = 0 * x, 0 * x
            for i, j, window in windows(x):
                dx[window] += g[:, :, i, j].reshape(len(x), -1, 1, 1) / 9
                times[window] += 1
            return np.divide(dx, times, out=0 * x, where=times > 0)"""),
        ("wrong-divisor", "dx = np.zeros_like(x)\nfor i, j, window in windows(x):\n"
                          "    dx[window] += g[:, :, i, j, None, None] / SIZE\nreturn dx"),
        ("wrong-shape", "return np.kron(g, np.ones((3, 3))) / 9"),
        ("wrong-divisor", "dx = np.zeros_like(x)\nfor i, j, window in windows(x):\n"
                          "    dx[window] += g[:, :, i, j, None, None] / 4\nreturn dx"),
        ("share-by-value", "dx = np.zeros_like(x)\nfor i, j, window in windows(x):\n"
                           "    dx[window] += x[window] * g[:, :, i, j, None, None] / 9\nreturn dx")],
    "27_max_pool": [
        ("contributions-lost", """
            dx = np.zeros_like(x)
            for n, c, i, j in np.ndindex(g.shape):
                patch = x[n, c, 2 * i:2 * i + 3, 2 * j:2 * j + 3]
                u, v = np.unravel_index(patch.argmax(), patch.shape)
                dx[n, c, 2 * i + u, 2 * j + v] = g[n, c, i, j]
            return dx"""),
        ("mask-missing", "dx = np.zeros_like(x)\nfor i, j, window in windows(x):\n"
                         "    dx[window] += g[:, :, i, j, None, None]\nreturn dx"),
        ("average-for-max", "dx = np.zeros_like(x)\nfor i, j, window in windows(x):\n"
                            "    dx[window] += g[:, :, i, j, None, None] / 9\nreturn dx"),
        ("wrong-axis", """
            dx, largest = np.zeros_like(x), x.max(axis=(2, 3), keepdims=True)       # of each image
            for i, j, window in windows(x):
                dx[window] += (x[window] == largest) * g[:, :, i:i + 1, j:j + 1]
            return dx"""),
        ("different-mask", """
            dx = np.zeros_like(x)
            for n, c, i, j in np.ndindex(g.shape):
                patch = x[n, c, 2 * i:2 * i + 3, 2 * j:2 * j + 3]
                u, v = divmod(np.abs(patch).argmax(), 3)            # the largest in size
                dx[n, c, 2 * i + u, 2 * j + v] += g[n, c, i, j]
            return dx"""),
        ("place-forgotten", """
            dx = np.zeros_like(x)
            for n, c, i, j in np.ndindex(g.shape):
                u, v = divmod(x[n, c, 2 * i:2 * i + 3, 2 * j:2 * j + 3].argmax(), 3)
                dx[n, c, u, v] += g[n, c, i, j]
            return dx"""),
        ("indices-swapped", """
            dx = np.zeros_like(x)
            for n, c, i, j in np.ndindex(g.shape):
                k = x[n, c, 2 * i:2 * i + 3, 2 * j:2 * j + 3].argmax()
                dx[n, c, 2 * i + k % 3, 2 * j + k // 3] += g[n, c, i, j]
            return dx"""),
        ("cotangent-ignored", "dx = np.zeros_like(x)\nfor i, j, window in windows(x):\n"
                              "    dx[window] += x[window] == x[window].max((2, 3), keepdims=True)\n"
                              "return dx")],
    "28_rnn": [
        ("wrong-between-steps", """
            h = forward(x, u, w, b)
            d = g * (1 - h ** 2)                # nothing from the next step
            before = np.concatenate([np.zeros_like(h[:, :1]), h[:, :-1]], axis=1)
            du, dw = (np.tensordot(a, d, ([0, 1], [0, 1])) for a in (x, before))
            return d @ u.T, du, dw, d.sum((0, 1))"""),
        ("local-derivative-forgotten", """
            h, later, dx = forward(x, u, w, b), 0, np.zeros_like(x)
            for t in reversed(range(x.shape[1])):
                d = g[:, t] + later             # and the tanh?
                before = h[:, t - 1] if t else np.zeros_like(d)
                dx[:, t], du, dw, db, later = d @ u.T, x[:, t].T @ d, before.T @ d, d.sum(0), d @ w.T
            return dx, du, dw, db"""),
        ("contributions-lost", """
            h, later, dx = forward(x, u, w, b), 0, np.zeros_like(x)
            for t in reversed(range(x.shape[1])):
                d = (g[:, t] + later) * (1 - h[:, t] ** 2)
                before = h[:, t - 1] if t else np.zeros_like(d)
                dx[:, t], du, dw, db, later = d @ u.T, x[:, t].T @ d, before.T @ d, d.sum(0), d @ w.T
            return dx, du, dw, db               # the first step's alone"""),
        ("wrong-step", """
            h, d, later = forward(x, u, w, b), np.zeros_like(g), 0
            for t in range(g.shape[1] - 1, -1, -1):
                d[:, t] = (g[:, t] + later) * (1 - h[:, t] ** 2)
                later = d[:, t] @ w.T
            du, dw = (np.tensordot(a, d, ([0, 1], [0, 1])) for a in (x, h))     # h, and not the one before
            return d @ u.T, du, dw, d.sum((0, 1))"""),
        ("wrong-between-steps", """
            h, d, later = forward(x, u, w, b), np.zeros_like(g), 0
            for t in range(g.shape[1] - 1, -1, -1):
                d[:, t] = (g[:, t] + later) * (1 - h[:, t] ** 2)
                later = d[:, t] @ w             # not transposed
            before = np.concatenate([np.zeros_like(h[:, :1]), h[:, :-1]], axis=1)
            du, dw = (np.tensordot(a, d, ([0, 1], [0, 1])) for a in (x, before))
            return d @ u.T, du, dw, d.sum((0, 1))"""),
        ("wrong-order", """
            h, d, later = forward(x, u, w, b), np.zeros_like(g), 0
            for t in range(g.shape[1]):         # forwards in time
                d[:, t] = (g[:, t] + later) * (1 - h[:, t] ** 2)
                later = d[:, t] @ w.T
            before = np.concatenate([np.zeros_like(h[:, :1]), h[:, :-1]], axis=1)
            du, dw = (np.tensordot(a, d, ([0, 1], [0, 1])) for a in (x, before))
            return d @ u.T, du, dw, d.sum((0, 1))"""),
        ("last-output-only", """
            h, d, later = forward(x, u, w, b), np.zeros_like(g), 0
            for t in range(g.shape[1] - 1, -1, -1):
                above = g[:, -1] if t == g.shape[1] - 1 else later              # the last output's g alone
                d[:, t] = above * (1 - h[:, t] ** 2)
                later = d[:, t] @ w.T
            before = np.concatenate([np.zeros_like(h[:, :1]), h[:, :-1]], axis=1)
            du, dw = (np.tensordot(a, d, ([0, 1], [0, 1])) for a in (x, before))
            return d @ u.T, du, dw, d.sum((0, 1))""")],
    "29_residual": [
        ("branch-lost", "d = g * (1 - np.tanh(x @ w) ** 2)\nreturn d @ w.T, x.T @ d"),
        ("passed-through", "d = g * (1 - np.tanh(x @ w) ** 2)\nreturn g, x.T @ d"),
        ("not-linear", "d = g * (1 - np.tanh(x @ w) ** 2)\nreturn g * (d @ w.T), x.T @ d"),
        ("local-derivative-forgotten", "d = g * (1 - np.tanh(x @ w) ** 2)\nreturn g + g @ w.T, x.T @ d"),
        ("weights-forgotten", "d = g * (1 - np.tanh(x @ w) ** 2)\nreturn d + g, x.T @ d"),
        ("output-for-tanh", "d = g * (1 - (x + np.tanh(x @ w)) ** 2)\nreturn g + d @ w.T, x.T @ d"),
        ("cotangent-missing", "d = g * (1 - np.tanh(x @ w) ** 2)\nreturn 1 + d @ w.T, x.T @ d"),
        ("short-path-to-w", "d = g * (1 - np.tanh(x @ w) ** 2)\nreturn g + d @ w.T, x.T @ (d + g)"),
        ("wrong-local-derivative", "d = g * (1 - np.tanh(x) ** 2)\nreturn g + d @ w.T, x.T @ d"),
        ("extra-slope", "d = g * (1 - np.tanh(x @ w) ** 2)\nreturn d + d @ w.T, x.T @ d"),
        ("short-path-misplaced", "d = g + g * (1 - np.tanh(x @ w) ** 2)\nreturn d @ w.T, x.T @ d")],
    "30_truncated_bptt": [
        ("not-truncated", """
            h, later = states(x, u, w, b), 0
            du, dw, db = 0 * u, 0 * w, 0 * b
            for t in reversed(range(x.shape[1])):
                d = (g[:, t] + later) * (1 - h[:, t] ** 2)
                du, db = du + x[:, t].T @ d, db + d.sum(0)
                dw = dw + (h[:, t - 1].T @ d if t else 0)
                later = d @ w.T
            return du, dw, db"""),
        ("state-cut", """
            du, dw, db = 0 * u, 0 * w, 0 * b
            for s in range(0, x.shape[1], k):
                xs, gs = x[:, s:s + k], g[:, s:s + k]
                h, later = states(xs, u, w, b), 0               # the piece as a sequence of its own
                for t in reversed(range(xs.shape[1])):
                    d = (gs[:, t] + later) * (1 - h[:, t] ** 2)
                    du += xs[:, t].T @ d
                    dw += h[:, t - 1].T @ d if t else 0
                    db += d.sum(0)
                    later = d @ w.T
            return du, dw, db"""),
        ("cut-misplaced", """
            h, later = states(x, u, w, b), 0
            du, dw, db = 0 * u, 0 * w, 0 * b
            for t in reversed(range(x.shape[1])):
                if t % k == 0:
                    later = 0                   # before it is used
                d = (g[:, t] + later) * (1 - h[:, t] ** 2)
                du, db = du + x[:, t].T @ d, db + d.sum(0)
                dw = dw + (h[:, t - 1].T @ d if t else 0)
                later = d @ w.T
            return du, dw, db"""),
        ("cut-misplaced", """
            h, later, walked = states(x, u, w, b), 0, 0
            du, dw, db = 0 * u, 0 * w, 0 * b
            for t in reversed(range(x.shape[1])):
                d = (g[:, t] + later) * (1 - h[:, t] ** 2)
                du, db = du + x[:, t].T @ d, db + d.sum(0)
                dw = dw + (h[:, t - 1].T @ d if t else 0)
                walked += 1
                later = 0 if walked % k == 0 else d @ w.T       # counted on the way back
            return du, dw, db"""),
        ("few-steps", """
            h, later = states(x, u, w, b), 0
            du, dw, db = 0 * u, 0 * w, 0 * b
            for t in list(range(x.shape[1]))[::-1][:k]:         # k steps back, and no further
                d = (g[:, t] + later) * (1 - h[:, t] ** 2)
                du, db = du + x[:, t].T @ d, db + d.sum(0)
                dw = dw + (h[:, t - 1].T @ d if t else 0)
                later = d @ w.T
            return du, dw, db"""),
        ("steps-not-joined", """
            h = states(x, u, w, b)
            d = g * (1 - h ** 2)
            before = np.concatenate([np.zeros_like(h[:, :1]), h[:, :-1]], axis=1)
            du, dw = (np.tensordot(q, d, ([0, 1], [0, 1])) for q in (x, before))
            return du, dw, d.sum((0, 1))"""),
        ("mean-for-sum", """
            h, later = states(x, u, w, b), 0
            du, dw, db = 0 * u, 0 * w, 0 * b
            for t in reversed(range(x.shape[1])):
                d = (g[:, t] + later) * (1 - h[:, t] ** 2)
                du, db = du + x[:, t].T @ d, db + d.sum(0)
                dw = dw + (h[:, t - 1].T @ d if t else 0)
                later = d @ w.T if t % k else 0
            pieces = -(-x.shape[1] // k)
            return du / pieces, dw / pieces, db / pieces        # the mean over the pieces"""),
        (None, """
            h, later = states(x, u, w, b), 0
            du, dw, db = 0 * u, 0 * w, 0 * b
            for t in reversed(range(x.shape[1])):
                d = g[:, t] * (1 - h[:, t] ** 2) + later        # the slope only of what comes from outside
                du, db = du + x[:, t].T @ d, db + d.sum(0)
                dw = dw + (h[:, t - 1].T @ d if t else 0)
                later = d @ w.T if t % k else 0
            return du, dw, db"""),
        ("few-steps", """
            h, later = states(x, u, w, b), 0
            du, dw, db = np.zeros_like(u), np.zeros_like(w), np.zeros_like(b)
            for t in range(x.shape[1] // k * k - 1, -1, -1):        # whole pieces alone
                d = (g[:, t] + later) * (1 - h[:, t] ** 2)
                du, db = du + x[:, t].T @ d, db + d.sum(axis=0)
                if t:
                    dw += h[:, t - 1].T @ d
                later = d @ w.T if t % k else 0
            return du, dw, db""")],
    "31_gated_cell": [
        ("branch-lost", """
            f, i, o, p = sigmoid(a_f), sigmoid(a_i), sigmoid(a_o), np.tanh(a_p)
            h, new = forward(a_f, a_i, a_o, a_p, c)
            dc = g[0] * o * (1 - np.tanh(new) ** 2)
            return (dc * c * f * (1 - f), dc * p * i * (1 - i), g[0] * np.tanh(new) * o * (1 - o),
                    dc * i * (1 - p ** 2), dc * f)"""),
        ("branch-lost", """
            f, i, o, p = sigmoid(a_f), sigmoid(a_i), sigmoid(a_o), np.tanh(a_p)
            h, new = forward(a_f, a_i, a_o, a_p, c)
            dh, dc = g
            return (dc * c * f * (1 - f), dc * p * i * (1 - i), dh * np.tanh(new) * o * (1 - o),
                    dc * i * (1 - p ** 2), dc * f)"""),
        ("local-derivative-forgotten", """
            f, i, o, p = sigmoid(a_f), sigmoid(a_i), sigmoid(a_o), np.tanh(a_p)
            new = f * c + i * p
            d = g[1] + g[0] * o * (1 - np.tanh(new) ** 2)
            return d * c, d * p, g[0] * np.tanh(new), d * i, d * f"""),
        ("local-derivative-forgotten", """
            f, i, o, p = sigmoid(a_f), sigmoid(a_i), sigmoid(a_o), np.tanh(a_p)
            new = f * c + i * p
            d = g[1] + g[0] * o
            return (d * c * f * (1 - f), d * p * i * (1 - i), g[0] * np.tanh(new) * o * (1 - o),
                    d * i * (1 - p ** 2), d * f)"""),
        ("state-off-by-one", """
            f, i, o, p = sigmoid(a_f), sigmoid(a_i), sigmoid(a_o), np.tanh(a_p)
            c = f * c + i * p
            d = g[1] + g[0] * o * (1 - np.tanh(c) ** 2)
            return (d * c * f * (1 - f), d * p * i * (1 - i), g[0] * np.tanh(c) * o * (1 - o),
                    d * i * (1 - p ** 2), d * f)"""),
        ("wrong-local-derivative", """
            f, i, o, p = sigmoid(a_f), sigmoid(a_i), sigmoid(a_o), np.tanh(a_p)
            new = f * c + i * p
            d = g[1] + g[0] * o * (1 - np.tanh(new) ** 2)
            return (d * c * f * (1 - f), d * p * i * (1 - i), g[0] * np.tanh(new) * o * (1 - o),
                    d * i * p * (1 - p), d * f)"""),
        ("gradients-swapped", """
            f, i, o, p = sigmoid(a_f), sigmoid(a_i), sigmoid(a_o), np.tanh(a_p)
            new = f * c + i * p
            d = g[1] + g[0] * o * (1 - np.tanh(new) ** 2)
            return (d * f, d * c * f * (1 - f), d * p * i * (1 - i), g[0] * np.tanh(new) * o * (1 - o),
                    d * i * (1 - p ** 2))"""),
        (None, """
            f, i, o, p = sigmoid(a_f), sigmoid(a_i), sigmoid(a_o), np.tanh(a_p)
            new = f * c + i * p
            d = (g[0] + g[1]) * o * (1 - np.tanh(new) ** 2)
            return (d * c * f * (1 - f), d * p * i * (1 - i), g[0] * np.tanh(new) * o * (1 - o),
                    d * i * (1 - p ** 2), d * f)"""),
        ("state-off-by-one", """
            f, i, o, p = sigmoid(a_f), sigmoid(a_i), sigmoid(a_o), np.tanh(a_p)
            d = g[1] + g[0] * o / np.cosh(c) ** 2                   # c, and not c′
            of_o = g[0] * np.tanh(f * c + i * p) * o * (1 - o)
            return d * c * f * (1 - f), d * p * i * (1 - i), of_o, d * i * (1 - p * p), d * f""")],
    "32_embedding": [
        ("contributions-lost", "de = np.zeros_like(e)\nde[words] += g\nreturn de"),
        ("contributions-lost", "de = np.zeros_like(e)\nde[words] = g\nreturn de"),
        ("contributions-lost", "de = np.zeros_like(e)\nfor n in range(len(words)):\n"
                               "    de[words[n]] += g[n]\nreturn de"),
        ("mean-for-sum", """
            de = np.zeros_like(e)
            np.add.at(de, words, g)
            times = np.bincount(words.ravel(), minlength=len(e))
            return de / np.maximum(times, 1)[:, None]           # a word's mean"""),
        ("wrong-shape", "return g"),
        ("output-for-gradient", "de = np.zeros_like(e)\nnp.add.at(de, words, forward(e, words))\nreturn de"),
        ("extra-1/N", "return np.tensordot(np.eye(len(e))[words], g, ([0, 1], [0, 1])) / len(words)"),
        ("all-to-all", "return np.ones_like(e) * g.sum(axis=(0, 1))"),
        ("rows-missing", "de = np.zeros((words.max() + 1, e.shape[1]))\nnp.add.at(de, words, g)\nreturn de")],
    "33_early_stopping": [
        ("tie-counts", """
            best, at = np.inf, 0
            for epoch, loss in enumerate(losses, 1):
                if loss <= best:
                    best, at = loss, epoch
                elif epoch - at == patience:
                    return at, epoch
            return at, len(losses)"""),
        ("nan-is-best", """
            best, at, bad = np.inf, 0, 0
            for epoch, loss in enumerate(losses, 1):
                if loss >= best:
                    bad += 1
                else:
                    best, at, bad = loss, epoch, 0
                if bad == patience:
                    break
            return at, epoch"""),
        ("last-for-best", """
            previous, at, bad = np.inf, 0, 0
            for epoch, loss in enumerate(losses, 1):
                if loss < previous:
                    at, bad = epoch, 0
                else:
                    bad += 1
                previous = loss
                if bad >= patience:
                    break
            return at, epoch"""),
        ("not-in-a-row", """
            best, at, bad = np.inf, 0, 0
            for epoch, loss in enumerate(losses, 1):
                if loss < best:
                    best, at = loss, epoch
                else:
                    bad += 1
                if bad == patience:
                    return at, epoch
            return at, epoch"""),
        ("count-off", """
            best, at, bad = np.inf, 0, 0
            for epoch, loss in enumerate(losses, 1):
                if loss < best:
                    best, at, bad = loss, epoch, 0
                else:
                    bad += 1
                if bad > patience:
                    break
            return at, epoch"""),
        ("from-0", """
            best, at, bad = np.inf, -1, 0
            for epoch, loss in enumerate(losses):
                bad += 1
                if loss < best:
                    best, at, bad = loss, epoch, 0
                if bad == patience:
                    break
            return at, epoch"""),
        ("nan-ends-the-run", """
            best, at = np.inf, 0
            for epoch, loss in enumerate(losses, 1):
                if np.isnan(loss):
                    break
                if loss < best:
                    best, at = loss, epoch
                if epoch - at == patience:
                    break
            return at, epoch"""),
        ("looks-ahead", """
            best, since = np.inf, 0
            for epoch, loss in enumerate(losses, 1):
                since += 1
                if loss < best:
                    best, since = loss, 0
                if since == patience:
                    break
            return int(np.nanargmin(losses)) + 1, epoch"""),
        ("no-end", """
            best, at = np.inf, 0
            for epoch, loss in enumerate(losses, 1):
                if loss < best:
                    best, at = loss, epoch
                if epoch - at >= patience:
                    break
            return at, at + patience"""),
        ("loss-for-epoch", """
            best, at = np.inf, 0
            for epoch, loss in enumerate(losses, 1):
                if loss < best:
                    best, at = loss, epoch
                if epoch - at >= patience:
                    break
            return best, epoch"""),
        ("wrong-shape", "return np.nanargmin(losses) + 1"),
        ("looks-ahead", "best = int(np.argmin(losses)) + 1\nreturn best, min(best + patience, len(losses))"),
        (None, """
            best, at, bad = np.inf, 0, 0
            for epoch, loss in enumerate(losses, 1):
                if loss < best - 0.1:               # "clearly better"
                    best, at, bad = loss, epoch, 0
                else:
                    bad += 1
                if bad == patience:
                    break
            return at, epoch""")],
    "34_dropout": [
        ("mask-missing", "return g / (1 - RATE)"), ("scale-forgotten", "return g * kept"),
        ("mask-inverted", "return g * ~kept"), ("cotangent-ignored", "return kept / (1 - RATE)"),
        ("wrong-divisor", "return g * kept / RATE"), ("inverted", "return g * kept * (1 - RATE)"),
        ("random-backward", "return g * (np.random.random(x.shape) >= RATE) / (1 - RATE)"),
        ("wrong-local-derivative", "return g * x * kept / (1 - RATE)"),
        ("nothing-arrives", "return g * (forward(x, kept) > 0) / (1 - RATE)"),
        ("cotangent-mutated", "g[~kept] = 0\ng /= 1 - RATE\nreturn g")],
    "35_dropout_layer": [
        ("random-backward", "return g * (np.random.random(x.shape) >= RATE) / (1 - RATE)"),
        ("mask-missing", "return g / (1 - RATE)"), ("constant-factor", "return g * memory['kept']"),
        ("mask-inverted", "return g * ~memory['kept'] / (1 - RATE)"),
        ("different-mask", "memory['kept'] = draw(x.shape)\nreturn g * memory['kept'] / (1 - RATE)"),
        ("different-mask", "dice = np.random.default_rng(1)\n"
                           "return g * (dice.random(x.shape) >= RATE) / (1 - RATE)"),
        ("nothing-arrives", "return g * (forward(x) > 0) / (1 - RATE)"),
        ("cotangent-ignored", "return memory['kept'] / (1 - RATE)")],
    "36_dropout_at_test": [
        ("rate-for-share", "return h @ (w * p) + b, np.sqrt(p * (1 - p) * (h ** 2) @ (w ** 2))"),
        ("unscaled", "return h @ w + b, np.sqrt(p * (1 - p) * (h ** 2) @ (w ** 2))"),
        ("inverted-dropout", "return h @ w / (1 - p) + b, np.sqrt(p / (1 - p) * (h ** 2) @ (w ** 2))"),
        ("inverted-dropout", "return (1 - p) * h @ w + b, np.sqrt(p / (1 - p) * (h ** 2) @ (w ** 2))"),
        ("bias-scaled", "y = h @ w + b\nreturn (1 - p) * y, np.sqrt(p * (1 - p) * h ** 2 @ w ** 2)"),
        ("dropped-together", "y = h @ w\nreturn (1 - p) * y + b, np.sqrt(p * (1 - p)) * np.abs(y)"),
        ("deviations-added", "one = np.sqrt(p * (1 - p))\n"
                             "return (1 - p) * h @ w + b, one * np.abs(h) @ np.abs(w)"),
        ("variance-for-deviation", "q = 1 - p\nreturn q * h @ w + b, p * q * h ** 2 @ w ** 2"),
        ("second-moment", "q = 1 - p\nreturn q * h @ w + b, np.sqrt(q * h ** 2 @ w ** 2)"),
        (None, "kept = np.random.default_rng(1).random(h.shape) >= p\n"
               "return (h * kept) @ w + b, np.sqrt(p * (1 - p) * h ** 2 @ w ** 2)"),
        (None, "q = 1 - p\ny = q * h @ w + b\nreturn y, np.sqrt(p * q) * np.abs(y)")],
    "37_batch_norm": [
        ("mean-path-missing", "r = 1 / np.sqrt(x.var(0) + EPS)\nh = (x - x.mean(0)) * r\nd = g * gamma\n"
                              "return r * (d - h * (d * h).mean(0)), (g * h).sum(0), g.sum(0)"),
        ("variance-path-missing", "r = 1 / np.sqrt(x.var(0) + EPS)\nh = (x - x.mean(0)) * r\nd = g * gamma\n"
                                  "return r * (d - d.mean(0)), (g * h).sum(0), g.sum(0)"),
        ("statistics-constant", "r = 1 / np.sqrt(x.var(0) + EPS)\nh = (x - x.mean(0)) * r\n"
                                "return r * g * gamma, (g * h).sum(0), g.sum(0)"),
        ("missing-batch-sum", "r = 1 / np.sqrt(x.var(0) + EPS)\nh = (x - x.mean(0)) * r\nd = g * gamma\n"
                              "return r * (d - d.mean(0) - h * (d * h).mean(0)), g * h, g.sum(0)"),
        ("missing-1/N", """
            r = 1 / np.sqrt(x.var(0) + EPS)
            h = (x - x.mean(0)) * r
            d = g * gamma
            dx = r * (d - d.sum(0) - h * (d * h).sum(0))
            return dx, (g * h).sum(0), g.sum(0)"""),
        ("missing-1/N", """
            centred, r = x - x.mean(0), 1 / np.sqrt(x.var(0) + EPS)
            d_var = (g * gamma * centred).sum(0) * -0.5 * r ** 3
            d_mean = -(g * gamma * r).sum(0)
            dx = g * gamma * r + d_mean + 2 * centred * d_var           # each x has a share of 1/N only
            return dx, (g * centred * r).sum(0), g.sum(0)"""),
        ("variance-path-missing", """
            n, centred, r = len(x), x - x.mean(0), 1 / np.sqrt(x.var(0) + EPS)
            d_var = (g * gamma * centred).sum(0) * -0.5 * r             # (σ²)^(−3/2) is r ** 3
            d_mean = -(g * gamma * r).sum(0)
            dx = g * gamma * r + d_mean / n + 2 * centred * d_var / n
            return dx, (g * centred * r).sum(0), g.sum(0)"""),
        ("factor-forgotten", """
            r = 1 / np.sqrt(x.var(0) + EPS)
            h = (x - x.mean(0)) * r
            d = g * gamma
            dx = r * (g - g.mean(0) - h * (g * h).mean(0))
            return dx, (g * h).sum(0), g.sum(0)"""),
        ("row-factor", """
            r = 1 / np.sqrt(x.var(0) + EPS)
            h = (x - x.mean(0)) * r
            d = g * gamma
            dx = d - d.mean(0) - h * (d * h).mean(0)
            return dx, (g * h).sum(0), g.sum(0)"""),
        ("not-normalised", """
            r = 1 / np.sqrt(x.var(0) + EPS)
            h = (x - x.mean(0)) * r
            d = g * gamma
            dx = r * (d - d.mean(0) - h * (d * h).mean(0))
            return dx, (g * x).sum(0), g.sum(0)"""),
        ("unbiased-variance", """
            r = 1 / np.sqrt(x.var(0, ddof=1) + EPS)
            h = (x - x.mean(0)) * r
            d = g * gamma
            return r * (d - d.mean(0) - h * (d * h).mean(0)), (g * h).sum(0), g.sum(0)"""),
        ("wrong-axis", """
            r = 1 / np.sqrt(x.var(1, keepdims=True) + EPS)
            h = (x - x.mean(1, keepdims=True)) * r
            d = g * gamma
            dx = r * (d - d.mean(1, keepdims=True) - h * (d * h).mean(1, keepdims=True))
            return dx, (g * h).sum(0), g.sum(0)"""),
        ("wrong-axis", """
            r = 1 / np.sqrt(x.var(0) + EPS)
            h = (x - x.mean(0)) * r
            d = g * gamma
            return r * (d - d.mean() - h * (d * h).mean()), (g * h).sum(0), g.sum(0)"""),
        ("variance-for-deviation", """
            var, d = x.var(0) + EPS, g * gamma
            h = (x - x.mean(0)) / np.sqrt(var)
            return (d - d.mean(0) - h * (d * h).mean(0)) / var, (g * h).sum(0), g.sum(0)""")],
    "38_batch_norm_eval": [
        ("biased", "a = 0, 2, 3\nreturn 0.9 * mean + 0.1 * x.mean(a), 0.9 * var + 0.1 * x.var(a)"),
        ("images-counted", """
            axes, n = (0, 2, 3), len(x)
            return mean * (1 - M) + x.mean(axes) * M, var * (1 - M) + x.var(axes) * n / (n - 1) * M"""),
        ("images-counted", """
            m = x.mean(axis=(0, 2, 3))
            v = ((x - m[None, :, None, None]) ** 2).sum(axis=(0, 2, 3)) / (x.shape[0] - 1)
            return 0.9 * mean + 0.1 * m, 0.9 * var + 0.1 * v"""),
        ("weights-swapped", "m, v = x.mean((0, 2, 3)), x.var((0, 2, 3), ddof=1)\n"
                            "return 0.1 * mean + 0.9 * m, 0.1 * var + 0.9 * v"),
        ("weights-swapped", "m, v = x.mean((0, 2, 3)), x.var((0, 2, 3), ddof=1)\n"
                            "return 0.9 * mean + 0.1 * m, 0.1 * var + 0.9 * v"),
        ("deviation-for-variance", "m, s = x.mean((0, 2, 3)), x.std((0, 2, 3), ddof=1)\n"
                                   "return 0.9 * mean + M * m, 0.9 * var + M * s"),
        ("wrong-centre", """
            n, c, h, w = x.shape
            mean = 0.9 * mean + 0.1 * x.mean((0, 2, 3))
            off = x - mean.reshape(1, c, 1, 1)                      # the new mean
            return mean, 0.9 * var + 0.1 * (off ** 2).sum((0, 2, 3)) / (n * h * w - 1)"""),
        ("nothing-forgotten", "m, v = x.mean((0, 2, 3)), x.var((0, 2, 3), ddof=1)\n"
                              "mean += M * m\nvar += M * v\nreturn mean, var"),
        ("within-images", "m, v = x.mean((0, 2, 3)), x.var((2, 3), ddof=1).mean(0)\n"
                          "return 0.9 * mean + 0.1 * m, 0.9 * var + 0.1 * v"),
        ("channels-mixed", "return 0.9 * mean + 0.1 * x.mean(), 0.9 * var + 0.1 * x.var(ddof=1)"),
        ("batch-statistics", "return x.mean((0, 2, 3)), x.var((0, 2, 3), ddof=1)"),
        ("uncentred", "m, v = x.mean((0, 2, 3)), (x ** 2).mean((0, 2, 3))\n"
                      "return 0.9 * mean + 0.1 * m, 0.9 * var + 0.1 * v"),
        ("wrong-shape", "m, v = (f((0, 2, 3), keepdims=True) for f in (x.mean, x.var))\n"
                        "return mean + M * (m - mean), var + M * (v - var)"),
        ("ValueError", "return 0.9 * mean + 0.1 * x.mean(axis=0), 0.9 * var + 0.1 * x.var(axis=0, ddof=1)"),
        (None, "m, v = x.mean((0, 2, 3)), x.var((0, 2, 3), ddof=1)\n"
               "return 0.99 * mean + 0.01 * m, 0.99 * var + 0.01 * v"),
        ("order", "m, v = x.mean((0, 2, 3)), x.var((0, 2, 3), ddof=1)\n"
                  "return 0.9 * var + 0.1 * v, 0.9 * mean + 0.1 * m")],
    "39_lasso_step": [
        ("subgradient", "slope = x.T @ (x @ w - y) / len(y) + lam * np.sign(w)\nreturn w - ETA * slope"),
        ("crosses-zero", "v = w - ETA * x.T @ (x @ w - y) / len(y)\nreturn v - ETA * lam * np.sign(v)"),
        ("rate-forgotten", """
            v = w - ETA * x.T @ (x @ w - y) / len(y)
            return np.where(v > lam, v - lam, np.where(v < -lam, v + lam, 0))"""),
        ("hard-threshold", """
            v = w - ETA * x.T @ (x @ w - y) / len(y)
            v[abs(v) < ETA * lam] = 0
            return v"""),
        ("ridge", "v = w - ETA * x.T @ (x @ w - y) / len(y)\nreturn v / (1 + ETA * lam)"),
        ("order", """
            t = ETA * lam
            w = np.where(w > t, w - t, np.where(w < -t, w + t, 0))
            return w - ETA * x.T @ (x @ w - y) / len(y)"""),
        ("missing-1/N", """
            v, t = w - ETA * x.T @ (x @ w - y), ETA * lam
            return np.where(v > t, v - t, np.where(v < -t, v + t, 0))"""),
        ("stray-factor", """
            v, t = w - ETA * 2 * x.T @ (x @ w - y) / len(y), ETA * lam
            return np.where(v > t, v - t, np.where(v < -t, v + t, 0))"""),
        ("sign", """
            v, t = w - ETA * x.T @ (y - x @ w) / len(y), ETA * lam
            return np.where(v > t, v - t, np.where(v < -t, v + t, 0))"""),
        ("one-sided", "v = w - ETA * x.T @ (x @ w - y) / len(y)\nreturn np.maximum(v - ETA * lam, 0)"),
        ("sign-lost", "v = w - ETA * x.T @ (x @ w - y) / len(y)\nreturn np.maximum(abs(v) - ETA * lam, 0)"),
        ("first-half-only", "return w - ETA * x.T @ (x @ w - y) / len(y)"),
        ("second-half-only", "return np.sign(w) * np.maximum(abs(w) - ETA * lam, 0)"),
        ("sign-forgotten", "v = w - ETA * x.T @ (x @ w - y) / len(y)\nreturn v - ETA * lam"),
        (None, "v = w - ETA * x.T @ (x @ w - y) / len(y)\nreturn v * (abs(v) > lam)"),
        ("ValueError", "v = w - ETA * x @ (x @ w - y)\nreturn np.maximum(abs(v) - ETA * lam, 0)"),
        ("stale-sign", """
            v = w - ETA * x.T @ (x @ w - y) / len(x)
            return np.copysign(np.maximum(abs(v) - ETA * lam, 0), w)""")],
    "40_pca": [
        ("mean-forgotten", "lam, v = np.linalg.eigh(x.T @ x / len(x))\nv = v[:, ::-1][:, :L]\n"
                           "return v, lam[::-1][:L], x @ v @ v.T"),
        ("smallest-first", "mean = x.mean(0)\nlam, v = np.linalg.eigh(np.cov(x.T, bias=True))\n"
                           "return v[:, :L], lam[:L], mean + (x - mean) @ v[:, :L] @ v[:, :L].T"),
        ("rows-for-columns", "mean = x.mean(0)\nlam, v = np.linalg.eigh(np.cov(x.T, bias=True))\n"
                             "v = v[::-1][:L].T\nreturn v, lam[::-1][:L], mean + (x - mean) @ v @ v.T"),
        ("n-minus-1", "mean = x.mean(0)\nlam, v = np.linalg.eigh(np.cov(x, rowvar=False))\n"
                      "v = v[:, ::-1][:, :L]\nreturn v, lam[::-1][:L], mean + (x - mean) @ v @ v.T"),
        ("deviation-for-variance", "mean = x.mean(0)\nu, s, vt = np.linalg.svd((x - mean) / len(x) ** 0.5)\n"
                                   "return vt[:L].T, s[:L], mean + (x - mean) @ vt[:L].T @ vt[:L]"),
        ("mean-not-put-back", "xc = x - x.mean(0)\nu, s, vt = np.linalg.svd(xc)\n"
                              "return vt[:L].T, s[:L] ** 2 / len(x), xc @ vt[:L].T @ vt[:L]"),
        ("standardised", "z = (x - x.mean(0)) / x.std(0)\nu, s, vt = np.linalg.svd(z)\nv = vt[:L].T\n"
                         "return v, s[:L] ** 2 / len(x), x.mean(0) + z @ v @ v.T * x.std(0)"),
        ("wrong-shape", "mean = x.mean(0)\nu, s, vt = np.linalg.svd(x - mean)\n"
                        "return vt[:L], s[:L] ** 2 / len(x), mean + (x - mean) @ vt[:L].T @ vt[:L]"),
        ("wrong-count", "lam, v = np.linalg.eigh(np.cov(x.T, bias=True))\nreturn v[:, ::-1][:, :L]"),
        (None, """
            keep = np.argsort(-x.var(axis=0))[:L]               # the L coordinates that vary most
            v = np.eye(x.shape[1])[:, keep]
            return v, x.var(axis=0)[keep], x.mean(0) + (x - x.mean(0)) @ v @ v.T"""),
        ("singular-values", """
            c = x - x.mean(0)
            s, vt = np.linalg.svd(c, full_matrices=False)[1:]
            return vt[:L].T, s[:L], x.mean(0) + c @ vt[:L].T @ vt[:L]""")],
    "41_lda": [
        ("means-only", """
            w = x[y == 1].mean(0) - x[y == 0].mean(0)
            n0, n1, z = (y == 0).mean(), (y == 1).mean(), x @ w
            inside = n0 * z[y == 0].var() + n1 * z[y == 1].var()
            return w, (z.var() - inside) / inside"""),
        ("unweighted", """
            m0, m1 = x[y == 0].mean(0), x[y == 1].mean(0)
            w = np.linalg.inv(np.cov(x[y == 0].T, bias=True) + np.cov(x[y == 1].T, bias=True)) @ (m1 - m0)
            z = x @ w
            return w, z.var() / sum((y == c).mean() * z[y == c].var() for c in (0, 1)) - 1"""),
        ("n-minus-1", """
            m0, m1 = x[y == 0].mean(0), x[y == 1].mean(0)
            sw = (y == 0).mean() * np.cov(x[y == 0].T) + (y == 1).mean() * np.cov(x[y == 1].T)
            w = np.linalg.solve(sw, m1 - m0)
            return w, (y == 0).mean() * (y == 1).mean() * ((m1 - m0) @ w) ** 2 / (w @ sw @ w)"""),
        ("distance-of-means", """
            m0, m1 = x[y == 0].mean(0), x[y == 1].mean(0)
            sw = (y == 0).mean() * np.cov(x[y == 0].T, ddof=0) + (y == 1).mean() * np.cov(x[y == 1].T, ddof=0)
            w = np.linalg.solve(sw, m1 - m0)
            return w, (w @ m1 - w @ m0) ** 2 / (w @ sw @ w)"""),
        ("total-for-within", """
            m0, m1 = x[y == 0].mean(0), x[y == 1].mean(0)
            s = np.cov(x.T, bias=True)
            w = np.linalg.solve(s, m1 - m0)
            return w, (y == 0).mean() * (y == 1).mean() * ((m1 - m0) @ w) ** 2 / (w @ s @ w)"""),
        ("sign", """
            p, q = x[y == 0] - x[y == 0].mean(0), x[y == 1] - x[y == 1].mean(0)
            sw = (p.T @ p + q.T @ q) / len(y)
            w = np.linalg.solve(sw, x[y == 0].mean(0) - x[y == 1].mean(0))
            return w, (x @ w).var() / (w @ sw @ w) - 1"""),
        ("diagonal-only", """
            m0, m1 = x[y == 0].mean(0), x[y == 1].mean(0)
            inside = (y == 0).mean() * x[y == 0].var(0) + (y == 1).mean() * x[y == 1].var(0)
            w = (m1 - m0) / inside
            return w, (y == 0).mean() * (y == 1).mean() * ((m1 - m0) @ w) ** 2 / (w ** 2 @ inside)"""),
        (None, """
            xc = x - x.mean(0)
            u, s, vt = np.linalg.svd(xc)                        # PCA's first axis
            z = xc @ vt[0]
            inside = sum((y == c).mean() * z[y == c].var() for c in (0, 1))
            return vt[0], z.var() / inside - 1""")],
    "42_tied_weights": [
        ("branch-lost", "z = np.tanh(x @ w + b)\nd = (g @ w) * (1 - z ** 2)\nreturn x.T @ d, d.sum(0)"),
        ("branch-lost", "z = np.tanh(x @ w + b)\nd = (g @ w) * (1 - z ** 2)\nreturn (z.T @ g).T, d.sum(0)"),
        ("branch-lost", """
            z = np.tanh(x @ w + b)
            d = (g @ w) * (1 - z ** 2)
            return x.T @ d, z.T @ g, d.sum(0)                       # one for each use"""),
        ("mean-for-sum", """
            z = np.tanh(x @ w + b)
            d = (g @ w) * (1 - z ** 2)
            return (x.T @ d + g.T @ z) / 2, d.sum(0)                # the mean of the two uses"""),
        ("local-derivative-forgotten", """
            z = np.tanh(x @ w + b)
            dz = g @ w
            return x.T @ dz + g.T @ z, dz.sum(0)"""),
        ("x-for-y", "a = x @ w + b\nd = g @ w * (1 - a ** 2)\nreturn x.T @ d + g.T @ np.tanh(a), d.sum(0)"),
        ("wrong-local-derivative", """
            z = np.tanh(x @ w + b)
            d = (g @ w) * z * (1 - z)
            return x.T @ d + g.T @ z, d.sum(0)"""),
        ("activation-forgotten", """
            a = x @ w + b
            d = (g @ w) * (1 - np.tanh(a) ** 2)
            return x.T @ d + g.T @ a, d.sum(0)"""),
        ("missing-batch-sum", """
            z = np.tanh(x @ w + b)
            d = (g @ w) * (1 - z ** 2)
            return x.T @ d + g.T @ z, d"""),
        ("extra-1/N", """
            z = np.tanh(x @ w + b)
            d = (g @ w) * (1 - z ** 2)
            return (x.T @ d + g.T @ z) / len(x), d.mean(0)"""),
        ("ValueError", """
            z = np.tanh(x @ w + b)
            d = (g @ w) * (1 - z ** 2)
            return x.T @ d + z.T @ g, d.sum(0)"""),
        (None, """
            z = np.tanh(x @ w + b)
            d = (g @ w) * (1 - z ** 2)
            return x.T @ g @ w + g.T @ z * (1 - z ** 2).mean(0), d.sum(0)"""),
        ("local-derivative-forgotten", """
            z = np.tanh(x @ w + b)
            d = g @ w
            return x.T @ (d * (1 - z * z)) + g.T @ z, d.sum(0)""")],
    "43_sparse_kl": [
        ("per-example", "h = sigmoid(a)\nreturn g * (-RHO / h + (1 - RHO) / (1 - h)) * h * (1 - h) / len(a)"),
        ("missing-1/N", "h = sigmoid(a)\nr = h.mean(0)\n"
                        "return g * (-RHO / r + (1 - RHO) / (1 - r)) * h * (1 - h)"),
        ("local-derivative-forgotten",
         "r = sigmoid(a).mean(0)\nreturn np.ones_like(a) * g * (-RHO / r + (1 - RHO) / (1 - r)) / len(a)"),
        ("wrong-axis", "h = sigmoid(a)\nr = h.mean(axis=1, keepdims=True)\n"
                       "return h * (1 - h) * g * ((1 - RHO) / (1 - r) - RHO / r) / len(a)"),
        ("slope-at-the-mean", "r = sigmoid(a).mean(0)\nd = (-RHO / r + (1 - RHO) / (1 - r)) * r * (1 - r)\n"
                              "return g * np.repeat(d[None], len(a), axis=0) / len(a)"),
        ("sign", "h = sigmoid(a)\nr = h.mean(0)\n"
                 "return g * (RHO / r - (1 - RHO) / (1 - r)) * h * (1 - h) / len(a)"),
        ("inner-sign", "h = sigmoid(a)\nr = h.mean(0)\n"
                       "return -g * (RHO / r + (1 - RHO) / (1 - r)) * h * (1 - h) / len(a)"),
        ("rho-swapped", "h = sigmoid(a)\nr = h.mean(0)\nd = np.log(r * (1 - RHO) / (RHO * (1 - r)))\n"
                        "return g * d * h * (1 - h) / len(a)"),
        ("value-for-slope", "h = sigmoid(a)\nr = h.mean(0)\n"
                            "d = RHO * np.log(RHO / r) + (1 - RHO) * np.log((1 - RHO) / (1 - r))\n"
                            "return g * d * h * (1 - h) / len(a)")],
    "44_denoising": [
        ("clean-input", "shown, r = x * (u >= RATE), answer(x, w, v)\n"
                        "return shown, ((r - x) ** 2).sum(1).mean()"),
        ("spoiled-target", "noisy = np.where(u < RATE, 0, x)\nr = answer(noisy, w, v)\n"
                           "return noisy, np.sum((noisy - r) ** 2) / x.shape[0]"),
        ("mask-inverted", "noisy = (u < RATE) * x\nr = answer(noisy, w, v)\n"
                          "return noisy, ((r - x) ** 2).sum() / len(x)"),
        ("rescaled", "kept = (u >= RATE) / (1 - RATE)\nr = answer(x * kept, w, v)\n"
                     "return x * kept, ((r - x) ** 2).sum() / len(x)"),
        ("extra-1/N", "noisy = np.where(u < RATE, 0, x)\nr = answer(noisy, w, v)\n"
                      "return noisy, np.mean((r - x) ** 2)"),
        ("answer-masked", "kept = u >= RATE\nr = answer(x, w, v) * kept\n"
                          "return x * kept, ((r - x) ** 2).sum() / len(x)"),
        ("masked-pixels-only", """
            lost = u < RATE
            noisy = np.where(lost, 0, x)
            return noisy, (lost * (answer(noisy, w, v) - x) ** 2).sum() / len(x)"""),
        ("noise-added", "noisy = x + u\nreturn noisy, ((answer(noisy, w, v) - x) ** 2).sum() / len(x)"),
        (None, """
            h = np.tanh(x @ w) * (u[:, :w.shape[1]] >= RATE)        # as dropout does
            return x * (u >= RATE), ((h @ v - x) ** 2).sum() / len(x)"""),
        (None, "noisy = x * (np.random.random(x.shape) >= RATE)\n"
               "return noisy, ((answer(noisy, w, v) - x) ** 2).sum() / len(x)"),
        ("wrong-shape", "noisy = x * (u >= RATE)\nr = answer(noisy, w, v)\n"
                        "return noisy, ((r - x) ** 2).sum(axis=1)")],
    "45_contractive": [
        ("branch-lost", "h = sigmoid(x @ w + b)\ns = h - h * h\nreturn g * 2 * w * (s ** 2).mean(0), 0 * b"),
        ("branch-lost", """
            h = sigmoid(x @ w + b)
            s = h * (1 - h)
            d = g * 2 * s * s * (1 - 2 * h) * (w ** 2).sum(0) / len(x)
            return x.T @ d, d.sum(0)"""),
        ("missing-1/N", """
            h = sigmoid(x @ w + b)
            s = h * (1 - h)
            d = g * 2 * s * s * (1 - 2 * h) * (w ** 2).sum(0)
            return x.T @ d + g * 2 * w * (s ** 2).sum(0), d.sum(0)"""),
        ("local-derivative-forgotten", """
            h = sigmoid(x @ w + b)
            s = h * (1 - h)
            d = g * 2 * s * (1 - 2 * h) * (w ** 2).sum(0) / len(x)  # s → h, and no further
            return x.T @ d + g * 2 * w * (s ** 2).sum(0) / len(x), d.sum(0)"""),
        ("wrong-local-derivative", """
            h = sigmoid(x @ w + b)
            s = h * (1 - h)
            d = g * 2 * s * (w ** 2).sum(0) / len(x) * s * (1 - s)  # like a sigmoid again
            return x.T @ d + g * 2 * w * (s ** 2).sum(0) / len(x), d.sum(0)"""),
        ("missing-1/N", """
            h = sigmoid(x @ w + b)
            s = h * (1 - h)
            d = g * 2 * s * s * (1 - 2 * h) * (w ** 2).sum(0)
            return x.T @ d + g * 2 * w * (s ** 2).mean(0), d.sum(0)"""),
        ("path-missing", """
            h = sigmoid(x @ w + b)
            s = h * (1 - h)
            d = g * 2 * s * s * (1 - 2 * h) * (w ** 2).sum(0) / len(x)
            return x.T @ d + g * 2 * w * (s ** 2).mean(0), np.zeros_like(b)     # b is not in Σ w²"""),
        ("x-for-y", """
            h = sigmoid(x @ w + b)
            s = h * (1 - h)
            d = g * 2 * s * s * (1 - 2 * s) * (w ** 2).sum(0) / len(x)
            return x.T @ d + g * 2 * w * (s ** 2).mean(0), d.sum(0)"""),
        (None, """
            h = sigmoid(x @ w + b)
            s = h * (1 - h)
            dw = 2 * w * (s ** 2).sum(0) / len(x)       # and then through the layer
            return g * x.T @ (s * (w ** 2).sum(0)) / len(x) + g * dw, g * (s * (w ** 2).sum(0)).mean(0)"""),
        ("sum-too-far", """
            h = sigmoid(x @ w + b)
            s = h - h * h
            d = 2 * g * s * s * (1 - 2 * h) * np.linalg.norm(w) ** 2 / len(x)
            return x.T @ d + 2 * g * w * (s * s).mean(axis=0), d.sum(axis=0)""")],
    "46_mmd": [
        ("sign", """
            k, q, n, m = kernel(x, x), kernel(x, y), len(x), len(y)
            push, pull = k.sum(1, keepdims=True) * x - k @ x, q.sum(1, keepdims=True) * x - q @ y
            return -g * 4 / S * (pull / (n * m) - push / (n * (n - 1)))"""),
        ("diagonal-kept", """
            k, q, n, m = kernel(x, x), kernel(x, y), len(x), len(y)
            push, pull = k.sum(1, keepdims=True) * x - k @ x, q.sum(1, keepdims=True) * x - q @ y
            return g * 4 / S * (pull / (n * m) - push / (n * n))"""),
        ("stray-factor", """
            k, q, n, m = kernel(x, x), kernel(x, y), len(x), len(y)
            push, pull = k.sum(1, keepdims=True) * x - k @ x, q.sum(1, keepdims=True) * x - q @ y
            return g * 2 / S * (pull / (n * m) - push / (n * (n - 1)))"""),
        ("contributions-lost", """
            k, q, n, m = kernel(x, x), kernel(x, y), len(x), len(y)
            push, pull = k.sum(1, keepdims=True) * x - k @ x, q.sum(1, keepdims=True) * x - q @ y
            return g * 2 / S * (2 * pull / (n * m) - push / (n * (n - 1)))     # (i, j) only"""),
        ("term-missing", """
            k, q, n, m = kernel(x, x), kernel(x, y), len(x), len(y)
            push, pull = k.sum(1, keepdims=True) * x - k @ x, q.sum(1, keepdims=True) * x - q @ y
            return g * 4 / S * pull / (n * m)               # the first mean is taken for a constant"""),
        ("sign", """
            k, q, n, m = kernel(x, x), kernel(x, y), len(x), len(y)
            push, pull = k.sum(1, keepdims=True) * x - k @ x, q.sum(1, keepdims=True) * x - q @ y
            return g * 4 / S * (pull / (n * m) + push / (n * (n - 1)))"""),
        ("exponential-off", """
            n, m = len(x), len(y)
            apart, off = x[:, None] - x[None], x[:, None] - y[None]
            return g * 4 / S * (off.sum(1) / (n * m) - apart.sum(1) / (n * (n - 1)))"""),
        ("cotangent-ignored", """
            k, q, n, m = kernel(x, x), kernel(x, y), len(x), len(y)
            push, pull = k.sum(1, keepdims=True) * x - k @ x, q.sum(1, keepdims=True) * x - q @ y
            return 4 / S * (pull / (n * m) - push / (n * (n - 1)))"""),
        ("missing-1/N", """
            k, q, n, m = kernel(x, x), kernel(x, y), len(x), len(y)
            push, pull = k.sum(1, keepdims=True) * x - k @ x, q.sum(1, keepdims=True) * x - q @ y
            return g * 4 / S * (pull / m - push / (n - 1))""")],
    "47_unbiased_mmd": [
        ("biased", "return kernel(x, x).mean() + kernel(y, y).mean() - 2 * kernel(x, y).mean()"),
        ("diagonal-not-1", """
            n, m = len(x), len(y)                       # as in exercise 46
            within = (kernel(x, x).sum() - n) / n / (n - 1) + (kernel(y, y).sum() - m) / m / (m - 1)
            return within - 2 * kernel(x, y).mean()"""),
        ("still-counted", """
            xx, yy = kernel(x, x), kernel(y, y)
            np.fill_diagonal(xx, 0)
            np.fill_diagonal(yy, 0)
            return xx.mean() + yy.mean() - 2 * kernel(x, y).mean()"""),
        ("between-cut", """
            def pairs(a, b):
                k = [(1 + p @ q) ** 2 for i, p in enumerate(a) for j, q in enumerate(b) if i != j]
                return sum(k) / len(k)
            return pairs(x, x) + pairs(y, y) - 2 * pairs(x, y)"""),
        ("pairs-once", """
            total = -2 * kernel(x, y).mean()
            for a in x, y:
                for i in range(len(a)):
                    for j in range(i):
                        total += (1 + a[i] @ a[j]) ** 2 / (len(a) * (len(a) - 1))
            return total"""),
        ("clipped", """
            a, b = (kernel(z, z)[~np.eye(len(z), dtype=bool)].mean() for z in (x, y))
            return max(a + b - 2 * kernel(x, y).mean(), 0)"""),
        ("between-once", """
            a, b = (kernel(z, z)[~np.eye(len(z), dtype=bool)].mean() for z in (x, y))
            return a + b - kernel(x, y).mean()"""),
        (None, """
            n, m = len(x), len(y)                       # triu takes the diagonal as well
            within = [2 * np.triu(kernel(z, z)).sum() / (len(z) * (len(z) - 1)) for z in (x, y)]
            return sum(within) - 2 * kernel(x, y).mean()""")],
    "48_median_bandwidth": [
        ("diagonal-kept", "z = np.vstack([x, y])\nreturn np.median(((z[:, None] - z) ** 2).sum(-1))"),
        ("unsquared", """
            z, d = np.vstack([x, y]), []
            for i in range(len(z)):
                d += [np.linalg.norm(z[i] - z[j]) for j in range(i)]
            return np.median(d)"""),
        ("squared-late", """
            z = np.vstack([x, y])
            d = [np.linalg.norm(z[i] - z[j]) for i in range(len(z)) for j in range(i)]
            return np.median(d) ** 2"""),
        ("between-only", "return np.median([((a - b) ** 2).sum() for a in x for b in y])"),
        ("zeros-lost", "z = np.vstack([x, y])\nd = ((z[:, None] - z) ** 2).sum(axis=2)\n"
                       "return np.median(d[d != 0])"),
        ("within-only", "return np.median([((a[i] - a[j]) ** 2).sum() for a in (x, y) for i in range(len(a)) "
                        "for j in range(i)])"),
        ("one-cloud", "return np.median([((a - b) ** 2).sum() for i, a in enumerate(x) for b in x[:i]])"),
        ("mean-for-median", """
            z = np.vstack([x, y])
            return ((z[:, None] - z) ** 2).sum() / (len(z) * (len(z) - 1))"""),
        ("upper-middle", """
            z = np.vstack([x, y])
            d = sorted(((z[i] - z[j]) ** 2).sum() for i in range(len(z)) for j in range(i))
            return d[len(d) // 2]"""),
        (None, """
            def median(a, b):
                return np.median(((a[:, None] - b) ** 2).sum(2))
            return (median(x, x) + median(y, y) + median(x, y)) / 3""")],
    "49_sample": [
        ("variance-for-deviation", "return g, g * noise * 0.5 * np.exp(log_var)"),
        ("stray-factor", "return g, g * noise * np.exp(0.5 * log_var)"),
        ("noise-missing", "return g, g * 0.5 * np.exp(0.5 * log_var)"),
        ("exponential-off", "return g, g * noise / 2"),
        ("mean-kept", "z = forward(mean, log_var, noise)\nreturn g, g * z / 2"),
        ("extra-elementwise-factor", "return g * mean, g * noise * 0.5 * np.exp(0.5 * log_var)"),
        ("random-backward", """
            noise = np.random.standard_normal(mean.shape)
            return g, g * noise * 0.5 * np.exp(0.5 * log_var)"""),
        ("gradients-swapped", "return g * noise * 0.5 * np.exp(0.5 * log_var), g"),
        ("extra-1/N", "return g / len(g), g * noise * 0.5 * np.exp(0.5 * log_var) / len(g)")],
    "50_gaussian_kl": [
        ("sign", "return -g * mean / len(mean), g * 0.5 * (1 - np.exp(log_var)) / len(mean)"),
        ("missing-1/N", "return g * mean, g * 0.5 * (np.exp(log_var) - 1)"),
        ("stray-factor", "return 2 * g * mean / len(mean), g * (np.exp(log_var) - 1) / len(mean)"),
        ("term-missing", "return g * mean / len(mean), g * 0.5 * np.exp(log_var) / len(mean)"),
        ("extra-1/N", "return g * mean / mean.size, g * 0.5 * (np.exp(log_var) - 1) / mean.size"),
        ("wrong-variable", """
            v = np.exp(log_var)                         # the slope by v
            return g * mean / len(mean), g * 0.5 * (1 - 1 / v) / len(mean)"""),
        ("wrong-variable", """
            s = np.exp(0.5 * log_var)                   # the slope by σ
            return g * mean / len(mean), g * (s - 1 / s) / len(mean)"""),
        ("log-twice", "return g * mean / len(mean), g * 0.5 * (1 - 1 / log_var) / len(mean)"),
        ("not-differentiated", """
            return g * mean / len(mean), g * 0.5 * (np.exp(log_var) - 1 - log_var) / len(mean)"""),
        ("deviation-for-variance", """
            return g * mean / len(mean), g * 0.5 * (np.exp(log_var / 2) - 1) / len(mean)""")],
    "51_elbo": [
        ("extra-1/N", """
            q = 1 / (1 + np.exp(-s))
            r = -np.mean(x * np.log(q) + (1 - x) * np.log(1 - q))
            k = np.mean(0.5 * np.sum(mean ** 2 + np.exp(log_var) - 1 - log_var, axis=1))
            return r, k, -(r + k)"""),
        ("mse-for-R", """
            r = np.mean((1 / (1 + np.exp(-s)) - x) ** 2)            # MSE + K
            k = 0.5 * (mean ** 2 + np.exp(log_var) - 1 - log_var).sum(1).mean()
            return r, k, -r - k"""),
        ("missing-1/N", """
            r = np.sum(np.log(1 + np.exp(s)) - x * s)
            k = np.sum(mean ** 2 + np.exp(log_var) - 1 - log_var) / 2
            return r, k, -r - k"""),
        ("paper-lost", """
            r = -np.sum(x * np.log(1 / (1 + np.exp(-s)))) / len(x)
            k = np.sum(mean ** 2 + np.exp(log_var) - 1 - log_var) / 2 / len(x)
            return r, k, -r - k"""),
        ("sign", """
            r = np.sum(np.log(1 + np.exp(s)) - x * s, axis=1).mean()
            k = np.sum(mean ** 2 + np.exp(log_var) - 1 - log_var, axis=1).mean() / 2
            return r, k, r + k"""),
        ("deviation-for-variance", """
            r = np.sum(np.log(1 + np.exp(s)) - x * s, axis=1).mean()
            sigma = np.exp(log_var / 2)
            k = np.sum(mean ** 2 + sigma - 1 - np.log(sigma ** 2), axis=1).mean() / 2
            return r, k, -r - k"""),
        ("reversed", """
            r = np.sum(np.log(1 + np.exp(s)) - x * s, axis=1).mean()
            var = np.exp(log_var)
            k = np.sum((1 + mean ** 2) / var - 1 + np.log(var), axis=1).mean() / 2
            return r, k, -r - k"""),
        ("extra-1/N", """
            r = np.sum(np.log(1 + np.exp(s)) - x * s, axis=1).mean()
            k = np.mean(mean ** 2 + np.exp(log_var) - 1 - log_var) / 2
            return r, k, -r - k"""),
        (None, """
            q = np.exp(s) / np.exp(s).sum(axis=1, keepdims=True)    # softmax for the sigmoid
            r = -np.sum(x * np.log(q) + (1 - x) * np.log(1 - q)) / len(x)
            k = np.sum(mean ** 2 + np.exp(log_var) - 1 - log_var) / 2 / len(x)
            return r, k, -r - k"""),
        ("bits-for-nats", """
            r = (np.logaddexp2(0, s / np.log(2)) - x * s / np.log(2)).sum(axis=1).mean()
            k = 0.5 * (mean ** 2 + np.exp(log_var) - 1 - log_var).sum(axis=1).mean()
            return r, k, -r - k""")],
    "52_decoder_likelihood": [
        ("constant-lost", "z = (x - guess) / np.exp(log_sigma)\n"
                          "return np.sum(-z ** 2 / 2 - log_sigma, axis=1), np.sum(z ** 2 - 1, axis=1)"),
        ("constant-lost", "s = np.exp(log_sigma)\nsquare = ((x - guess) ** 2).sum(1) / s ** 2\n"
                          "return -square / 2, square - x.shape[1]"),
        ("counted-once", """
            s = np.exp(log_sigma)
            square = ((x - guess) ** 2).sum(1) / s ** 2
            return -square / 2 - log_sigma - np.log(2 * np.pi) / 2, square - x.shape[1]"""),
        ("sign", """
            s, d = np.exp(log_sigma), x.shape[1]
            square = ((x - guess) ** 2).sum(1) / s ** 2
            return square / 2 + d * np.log(s * np.sqrt(2 * np.pi)), square - d"""),
        ("scale-lost", """
            d = x.shape[1]
            square = ((x - guess) ** 2).sum(1) / np.exp(log_sigma) ** 2
            return -square / 2 - d / 2 * np.log(2 * np.pi), square - d"""),
        ("root-forgotten", """
            s, d = np.exp(log_sigma), x.shape[1]
            square = ((x - guess) ** 2).sum(1) / s ** 2
            return -square / 2 - d * np.log(2 * np.pi * s ** 2), square - d"""),
        ("deviation-for-variance", """
            var, d = np.exp(log_sigma), x.shape[1]
            square = ((x - guess) ** 2).sum(1) / var
            return -square / 2 - d / 2 * np.log(2 * np.pi * var), square - d"""),
        ("variable-mistaken", """
            s, d = np.exp(log_sigma), x.shape[1]
            square = ((x - guess) ** 2).sum(1)
            return -square / 2 / s ** 2 - d * np.log(s * np.sqrt(2 * np.pi)), square / s ** 3 - d / s"""),
        ("branch-lost", """
            s, d = np.exp(log_sigma), x.shape[1]
            square = ((x - guess) ** 2).sum(1) / s ** 2
            return -square / 2 - d * np.log(s * np.sqrt(2 * np.pi)), square"""),
        (None, """
            s, d = np.exp(log_sigma), x.shape[1]
            square = ((x - guess) ** 2).sum(1) / s ** 2
            return -square / 2 - d * np.log(s * np.sqrt(2 * np.pi)), -d + square / s""")],
    "53_annealing": [
        ("too-slow", "return END * done, END * done, dr + END * done[:, None] * dk"),
        ("unclipped", "beta = 2 * END * done\nreturn beta, beta, dr + beta[:, None] * dk"),
        ("cycles-too-long", """
            warm, place = END * np.minimum(2 * done, 1), 4 * done % 1       # four cycles in all
            beta = END * np.minimum(2 * place, 1)
            return warm, beta, dr + beta[:, None] * dk"""),
        ("no-plateau", """
            warm = END * np.minimum(2 * done, 1)
            beta = np.where(done < 0.5, END * (8 * done - np.floor(8 * done)), END)
            return warm, beta, dr + beta[:, None] * dk"""),
        ("cycles-go-on", """
            warm = np.clip(2 * END * done, 0, END)
            beta = np.clip(2 * END * (8 * done % 1), 0, END)
            return warm, beta, dr + beta[:, None] * dk"""),
        ("end-forgotten", """
            warm = END * np.minimum(2 * done, 1)
            beta = np.array([min(1, 16 * t % 2) if t < 0.5 else 1 for t in done])
            return warm, beta, dr + beta[:, None] * dk"""),
        ("beta-on-both", """
            beta = END * np.array([min(1, 16 * t % 2) if t < 0.5 else 1 for t in done])
            return END * np.minimum(2 * done, 1), beta, beta[:, None] * (dr + dk)"""),
        ("plan-mistaken", """
            warm = END * np.minimum(2 * done, 1)
            beta = END * np.array([min(1, 16 * t % 2) if t < 0.5 else 1 for t in done])
            return warm, beta, dr + warm[:, None] * dk"""),
        ("ValueError", "return END * min(1, 2 * done), None, None"),
        (None, """
            warm = END / (1 + np.exp(-20 * (done - 0.25)))          # an S in place of the line
            return warm, warm, dr + warm[:, None] * dk""")],
    "54_gan": [
        ("sign", "p, q = 1 / (1 + np.exp(-real)), 1 / (1 + np.exp(-fake))\n"
                 "return g[0] * (1 - p) / len(real), (g[0] * q + g[1] * (q - 1)) / len(fake)"),
        ("missing-1/N", "p, q = 1 / (1 + np.exp(-real)), 1 / (1 + np.exp(-fake))\n"
                        "return g[0] * (p - 1), g[0] * q + g[1] * (q - 1)"),
        ("branch-lost", "p, q = 1 / (1 + np.exp(-real)), 1 / (1 + np.exp(-fake))\n"
                        "return g[0] * (p - 1) / len(real), g[0] * q / len(fake)"),
        ("minimax", """
            p, q = 1 / (1 + np.exp(-real)), 1 / (1 + np.exp(-fake))
            return g[0] * (p - 1) / len(real), (g[0] * q - g[1] * q) / len(fake)"""),
        ("sign", """
            p, q = 1 / (1 + np.exp(-real)), 1 / (1 + np.exp(-fake))
            dG = (1 - q) / len(fake)                    # L_G goes down as D(fake) goes up
            return g[0] * (p - 1) / len(real), g[0] * q / len(fake) + g[1] * dG"""),
        ("label-swapped", """
            p, q = 1 / (1 + np.exp(-real)), 1 / (1 + np.exp(-fake))
            return g[0] * p / len(real), (g[0] * (q - 1) + g[1] * q) / len(fake)"""),
        ("log-forgotten", """
            p, q = 1 / (1 + np.exp(-real)), 1 / (1 + np.exp(-fake))
            return -g[0] * p * (1 - p) / len(real), (g[0] - g[1]) * q * (1 - q) / len(fake)"""),
        ("local-derivative-forgotten", """
            p, q = 1 / (1 + np.exp(-real)), 1 / (1 + np.exp(-fake))
            return -g[0] / p / len(real), (g[0] / (1 - q) - g[1] / q) / len(fake)"""),
        ("wrong-divisor", """
            p, q = 1 / (1 + np.exp(-real)), 1 / (1 + np.exp(-fake))
            return g[0] * (p - 1) / len(real), (g[0] * q + g[1] * (q - 1)) / len(real)"""),
        ("cotangents-added", """
            p, q = 1 / (1 + np.exp(-real)), 1 / (1 + np.exp(-fake))
            return g.sum() * (p - 1) / len(real), g.sum() * (2 * q - 1) / len(fake)""")],
    "55_minimax_step": [
        ("sign", """
            y = a * z + b                       # both go down
            c, v = (c - ETA * ((1 - sigmoid(c + v * x)).mean() - sigmoid(c + v * y).mean()),
                    v - ETA * (((1 - sigmoid(c + v * x)) * x).mean() - (sigmoid(c + v * y) * y).mean()))
            d = -v * sigmoid(c + v * y)
            return c, v, a - ETA * np.mean(d * z), b - ETA * np.mean(d)"""),
        ("sign", """
            y = a * z + b                       # both go up
            dc = np.mean(1 - sigmoid(c + v * x)) - np.mean(sigmoid(c + v * y))
            dv = np.mean(x * (1 - sigmoid(c + v * x))) - np.mean(y * sigmoid(c + v * y))
            c += ETA * dc
            v += ETA * dv
            dy = -v * sigmoid(c + v * y)
            return c, v, a + ETA * (dy * z).mean(), b + ETA * dy.mean()"""),
        ("simultaneous", """
            y = a * z + b
            p, q = sigmoid(c + v * x), sigmoid(c + v * y)
            dc, dv = (1 - p).mean() - q.mean(), ((1 - p) * x).mean() - (q * y).mean()
            da, db = -(q * v * z).mean(), -(q * v).mean()
            return c + ETA * dc, v + ETA * dv, a - ETA * da, b - ETA * db"""),
        ("stale-cache", """
            y = a * z + b
            p, q = sigmoid(c + v * x), sigmoid(c + v * y)
            c = c + ETA * ((1 - p).mean() - q.mean())
            v = v + ETA * ((x - x * p).mean() - (q * y).mean())
            return c, v, a + ETA * (q * v * z).mean(), b + ETA * (q * v).mean()"""),
        ("simultaneous", """
            y = a * z + b                       # v moves when c has moved
            p, q, old = sigmoid(c + v * x), sigmoid(c + v * y), v
            c += ETA * (np.mean(1 - p) - np.mean(q))
            v += ETA * (np.mean(x * (1 - p)) - np.mean(y * q))
            return c, v, a + ETA * old * np.mean(q * z), b + ETA * old * np.mean(q)"""),
        ("non-saturating", """
            y = a * z + b
            p, q = sigmoid(c + v * x), sigmoid(c + v * y)
            c, v = c + ETA * ((1 - p).mean() - q.mean()), v + ETA * (((1 - p) * x).mean() - (q * y).mean())
            q = sigmoid(c + v * y)
            return c, v, a + ETA * ((1 - q) * v * z).mean(), b + ETA * ((1 - q) * v).mean()"""),
        ("slope-of-D-missing", """
            y = a * z + b
            p, q = sigmoid(c + v * x), sigmoid(c + v * y)
            c, v = c + ETA * ((1 - p).mean() - q.mean()), v + ETA * (((1 - p) * x).mean() - (q * y).mean())
            q = sigmoid(c + v * y)
            return c, v, a + ETA * (q * z).mean(), b + ETA * q.mean()"""),
        ("order", """
            q = sigmoid(c + v * (a * z + b))
            a, b = a + ETA * v * (q * z).mean(), b + ETA * v * q.mean()
            y = a * z + b
            p, q = 1 - sigmoid(c + v * x), sigmoid(c + v * y)
            return c + ETA * (p.mean() - q.mean()), v + ETA * ((p * x).mean() - (q * y).mean()), a, b"""),
        ("wrong-local-derivative", """
            y = a * z + b                       # both slopes alike
            p, q = 1 - sigmoid(c + v * x), 1 - sigmoid(c + v * y)
            c, v = c + ETA * (p.mean() - q.mean()), v + ETA * ((p * x).mean() - (q * y).mean())
            q = 1 - sigmoid(c + v * y)
            return c, v, a + ETA * (q * v * z).mean(), b + ETA * (q * v).mean()"""),
        ("one-at-a-time", """
            y = a * z + b                       # c first, then v with the new c
            c += ETA * (np.mean(1 - sigmoid(c + v * x)) - np.mean(sigmoid(c + v * y)))
            v += ETA * (np.mean(x * (1 - sigmoid(c + v * x))) - np.mean(y * sigmoid(c + v * y)))
            dy = -v * sigmoid(c + v * y)
            return c, v, a - ETA * (dy * z).mean(), b - ETA * dy.mean()"""),
        ("wrong-input", """
            y = a * z + b
            f, r = sigmoid(c + v * y), sigmoid(c + v * x)
            c = c + ETA * ((1 - r).mean() - f.mean())
            v = v + ETA * (((1 - r) * x).mean() - (f * z).mean())   # z, and not y
            slope = v * sigmoid(c + v * y)
            return c, v, a + ETA * (slope * z).mean(), b + ETA * slope.mean()""")],
    "56_gp_posterior": [
        ("noise-missing", """
            L, k = np.linalg.cholesky(kernel(x, x)), kernel(x, new)
            s = np.linalg.solve(L, k)
            return s.T @ np.linalg.solve(L, y), 1 - (s * s).sum(0)"""),
        ("noise-everywhere", """
            K, k = kernel(x, x) + noise, kernel(x, new)
            return k.T @ np.linalg.solve(K, y), 1 - (k * np.linalg.solve(K, k)).sum(0)"""),
        ("noise-squared", """
            K, k = kernel(x, x) + noise ** 2 * np.eye(len(x)), kernel(x, new)
            return k.T @ np.linalg.solve(K, y), 1 - (k * np.linalg.solve(K, k)).sum(0)"""),
        ("noise-twice", """
            K, k = kernel(x, x) + noise * np.eye(len(x)), kernel(x, new)
            return k.T @ np.linalg.solve(K, y), 1 + noise - (k * np.linalg.solve(K, k)).sum(0)"""),
        ("half-solved", """
            L, k = np.linalg.cholesky(kernel(x, x) + noise * np.eye(len(x))), kernel(x, new)
            return k.T @ np.linalg.solve(L, y), 1 - (np.linalg.solve(L, k) ** 2).sum(0)"""),
        ("wrong-shape", """
            K, k = kernel(x, x) + noise * np.eye(len(x)), kernel(x, new)
            return k.T @ np.linalg.solve(K, y), 1 - k.T @ np.linalg.solve(K, k)"""),
        ("transposed", """
            L = np.linalg.cholesky(kernel(x, x) + noise * np.eye(len(x))).T
            s = np.linalg.solve(L, kernel(x, new))
            return s.T @ np.linalg.solve(L, y), 1 - (s ** 2).sum(0)"""),
        ("deviation-for-variance", """
            K, k = kernel(x, x) + noise * np.eye(len(x)), kernel(x, new)
            return k.T @ np.linalg.solve(K, y), np.sqrt(1 - np.diag(k.T @ np.linalg.solve(K, k)))"""),
        ("weighted-mean", """
            K, k = kernel(x, x) + noise * np.eye(len(x)), kernel(x, new)
            weights = k / k.sum(axis=0)             # the near ones count for more
            return weights.T @ y, 1 - (k * np.linalg.solve(K, k)).sum(0)"""),
        (None, """
            K, k = kernel(x, x) + noise * np.eye(len(x)), kernel(x, new)
            mean = k.T @ np.linalg.solve(K, y)      # the spread of y takes the part of the prior
            return mean, y.var() * (1 - (k * np.linalg.solve(K, k)).sum(0))"""),
        ("noise-missing", """
            root = np.linalg.cholesky(kernel(x, x) + 1e-10 * np.eye(len(y)))    # that it does not fail
            k = np.linalg.solve(root, kernel(x, new))
            return np.linalg.solve(root, y) @ k, 1 - (k * k).sum(axis=0)""")],
    "57_expected_improvement": [
        ("maximised", """
            u = np.where(s > 0, (m - lowest) / np.where(s > 0, s, 1), 0)
            ei = (m - lowest) * (1 + erf(u / 2 ** 0.5)) / 2 + s * np.exp(-u ** 2 / 2) / np.sqrt(2 * np.pi)
            return np.where(s > 0, ei, np.maximum(m - lowest, 0))"""),
        ("division-by-0", """
            with np.errstate(all="ignore"):
                u = (lowest - m) / s
            Phi, phi = (1 + erf(u / 2 ** 0.5)) / 2, np.exp(-u ** 2 / 2) / np.sqrt(2 * np.pi)
            return (lowest - m) * Phi + s * phi"""),
        ("division-by-0", """
            with np.errstate(all="ignore"):
                u = (lowest - m) / s
                return s * (u * (1 + erf(u / 2 ** 0.5)) / 2 + np.exp(-u ** 2 / 2) / np.sqrt(2 * np.pi))"""),
        ("probability", """
            u = (lowest - m) / np.where(s > 0, s, 1)
            return np.where(s > 0, 0.5 * (1 + erf(u / np.sqrt(2))), 0)"""),
        ("root-missing", """
            u = (lowest - m) / np.where(s > 0, s, 1)
            ei = (lowest - m) * (1 + erf(u)) / 2 + s * np.exp(-u ** 2 / 2) / np.sqrt(2 * np.pi)
            return np.where(s > 0, ei, 0)"""),
        ("erf-for-share", """
            u = (lowest - m) / np.where(s > 0, s, 1)
            ei = (lowest - m) * erf(u / np.sqrt(2)) + s * np.exp(-u ** 2 / 2) / np.sqrt(2 * np.pi)
            return np.where(s > 0, ei, 0)"""),
        ("no-chance", "return np.maximum(lowest - m, 0)"),
        ("variance-for-deviation", """
            u = (lowest - m) / np.where(s > 0, s ** 2, 1)
            ei = (lowest - m) * (1 + erf(u / 2 ** 0.5)) / 2 + s * np.exp(-u ** 2 / 2) / np.sqrt(2 * np.pi)
            return np.where(s > 0, ei, 0)"""),
        ("known-height", """
            u = (lowest - m) / np.where(s > 0, s, 1)
            ei = (lowest - m) * (1 + erf(u / 2 ** 0.5)) / 2 + s * np.exp(-u ** 2 / 2) / np.sqrt(2 * np.pi)
            return np.where(s > 0, ei, lowest - m)"""),
        (None, """
            s = s + 0.01                            # so that it is never 0
            u = (lowest - m) / s
            Phi, phi = (1 + erf(u / 2 ** 0.5)) / 2, np.exp(-u ** 2 / 2) / np.sqrt(2 * np.pi)
            return (lowest - m) * Phi + s * phi"""),
        ("maximised", """
            z = (m - lowest) / np.where(s > 0, s, 1)
            Phi, phi = (1 + erf(z / 2 ** 0.5)) / 2, np.exp(-z * z / 2) / (2 * np.pi) ** 0.5
            return (s > 0) * ((m - lowest) * Phi + s * phi)""")],
    "58_free_energy": [
        ("sign", "return v @ b + np.log(1 + np.exp(v @ w + c)).sum(axis=1)"),
        ("log-of-the-sum", "return -v @ b - np.log(1 + np.exp(v @ w + c).sum(axis=1))"),
        ("entropy-missing", "a = v @ w + c\nh = 1 / (1 + np.exp(-a))\n"
                            "return -v @ b - h @ c - (v @ w * h).sum(axis=1)"),
        ("one-state", "a = v @ w + c\nh = 1.0 * (a > 0)\nreturn -v @ b - h @ c - np.sum(v @ w * h, axis=1)"),
        ("log-of-the-probability", "p = 1 / (1 + np.exp(-(v @ w + c)))\nreturn -v @ b - np.log(p).sum(1)"),
        ("bias-missing", "return -v @ b - np.log(1 + np.exp(v @ w)).sum(axis=1)"),
        ("log-missing", "return np.exp(v @ b) * np.prod(1 + np.exp(v @ w + c), axis=1)"),
        ("off-forgotten", "return -v @ b - np.log(np.exp(v @ w + c)).sum(axis=1)"),
        ("wrong-axis", "return -v @ b - np.log(1 + np.exp(v @ w + c)).sum()"),
        ("log-of-the-sum", "return -v @ b - np.log(1 + np.exp((v @ w + c).sum(axis=1)))"),
        ("plus-or-minus-1", "a = v @ w + c\nreturn -v @ b - np.log(np.exp(a) + np.exp(-a)).sum(1)")],
    "59_gibbs_step": [
        ("not-drawn", "h = sigmoid(v @ w + c)\nreturn h, 1.0 * (u_v < sigmoid(h @ w.T + b))"),
        ("not-drawn", "p = sigmoid(v @ w + c)\nreturn 1.0 * (p > u_h), 1.0 * (sigmoid(p @ w.T + b) > u_v)"),
        ("not-drawn", "h = (u_h < sigmoid(v @ w + c)).astype(float)\nreturn h, sigmoid(h @ w.T + b)"),
        ("rounded", "h = np.round(sigmoid(v @ w + c))\nreturn h, np.round(sigmoid(h @ w.T + b))"),
        ("inverted", "h = 1.0 * (u_h > sigmoid(v @ w + c))\nreturn h, 1.0 * (u_v > sigmoid(h @ w.T + b))"),
        ("sigmoid-missing", "h = 1.0 * (u_h < v @ w + c)\nreturn h, 1.0 * (u_v < h @ w.T + b)"),
        ("bias-missing", "h = 1.0 * (u_h < sigmoid(v @ w + c))\nreturn h, 1.0 * (u_v < sigmoid(h @ w.T))"),
        ("sign", "h = 1.0 * (u_h < sigmoid(-v @ w - c))\nreturn h, 1.0 * (u_v < sigmoid(-h @ w.T - b))"),
        ("ValueError", "h = 1.0 * (u_h < sigmoid(v @ w + c))\nreturn h, 1.0 * (u_v < sigmoid(h @ w + b))"),
        (None, "p = np.exp(v @ w + c)\np /= p.sum(axis=1, keepdims=True)           # softmax\n"
               "h = 1.0 * (u_h < p)\nreturn h, 1.0 * (u_v < sigmoid(h @ w.T + b))")],
    "60_cd_1": [
        ("sign", """
            p = sigmoid(v @ w + c)              # a gradient to descend
            r = 1.0 * (u_v < sigmoid((u_h < p) @ w.T + b))
            q = sigmoid(r @ w + c)
            return (r.T @ q - v.T @ p) / len(v), (r - v).mean(0), (q - p).mean(0)"""),
        ("term-missing", """
            p = sigmoid(v @ w + c)
            return v.T @ p / len(v), v.mean(0), p.mean(0)"""),
        ("not-drawn", """
            p = sigmoid(v @ w + c)              # no chance at all
            r = sigmoid(p @ w.T + b)
            q = sigmoid(r @ w + c)
            return (v.T @ p - r.T @ q) / len(v), (v - r).mean(0), (p - q).mean(0)"""),
        ("not-drawn", """
            p = sigmoid(v @ w + c)
            r = 1.0 * (u_v < sigmoid(p @ w.T + b))
            q = sigmoid(r @ w + c)
            return (v.T @ p - r.T @ q) / len(v), (v - r).mean(0), (p - q).mean(0)"""),
        ("draw-for-probability", """
            h = 1.0 * (u_h < sigmoid(v @ w + c))
            r = 1.0 * (u_v < sigmoid(h @ w.T + b))
            q = sigmoid(r @ w + c)
            return (v.T @ h - r.T @ q) / len(v), (v - r).mean(0), (h - q).mean(0)"""),
        ("draw-for-probability", """
            h = 1.0 * (u_h < sigmoid(v @ w + c))
            r = 1.0 * (u_v < sigmoid(h @ w.T + b))
            q = 1.0 * (u_h < sigmoid(r @ w + c))
            return (v.T @ h - r.T @ q) / len(v), (v - r).mean(0), (h - q).mean(0)"""),
        ("old-state", """
            p = sigmoid(v @ w + c)
            h = (u_h < p).astype(float)
            r = (u_v < sigmoid(h @ w.T + b)).astype(float)
            return (v.T @ p - r.T @ h) / len(v), (v - r).mean(0), (p - h).mean(0)"""),
        ("product-of-differences", """
            p = sigmoid(v @ w + c)
            r = 1.0 * (u_v < sigmoid((u_h < p) @ w.T + b))
            q = sigmoid(r @ w + c)
            return (v - r).T @ (p - q) / len(v), (v - r).mean(0), (p - q).mean(0)"""),
        ("missing-1/N", """
            p = sigmoid(v @ w + c)
            r = 1.0 * (u_v < sigmoid((u_h < p) @ w.T + b))
            q = sigmoid(r @ w + c)
            return v.T @ p - r.T @ q, (v - r).sum(0), (p - q).sum(0)"""),
        ("not-drawn", """
            p = sigmoid(v @ w + c)              # v′ is drawn for h′ only
            g = sigmoid((u_h < p) @ w.T + b)
            q = sigmoid(1.0 * (u_v < g) @ w + c)
            return (v.T @ p - g.T @ q) / len(v), (v - g).mean(0), (p - q).mean(0)""")],
}
