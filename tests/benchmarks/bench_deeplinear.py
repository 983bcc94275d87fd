"""Deep linear networks: scalar root, exact moment, Gibbs sweep, independent draws.

Peers are what one would write without the library: a bracketing root finder, mpmath's Meijer G at the same parameters.
CPU seconds.
"""

import time

import numpy as np
from scipy.optimize import brentq

from rmt.deeplinear import (
    ExactPosterior,
    exact_posterior,
    heavy_tailed_posterior,
    kernel_renormalisation,
    kernel_renormalisation_outputs,
    mean_inverse_layer_kernel,
    sample_posterior,
)


def cpu(function, repeats):
    """Best of five batches: the machine is shared."""
    function()
    batches = []
    for _ in range(5):
        start = time.process_time()
        for _ in range(repeats):
            function()
        batches.append((time.process_time() - start) / repeats)
    return min(batches)


def benchmark():
    def bracketed():
        return brentq(lambda x: 0.5 - np.exp(x) / 0.64 + 0.5 * 2 * np.exp(-2 * x), -5, 5, xtol=1e-15)

    rows = []
    ours, peer = cpu(lambda: kernel_renormalisation(0.5, 0.8, 2, 2.0), 500), cpu(bracketed, 200)
    rows.append({"what": "scalar root", "ours": ours, "peer": peer, "ratio": peer / ours, "target": "< 1e-4 s"})

    posterior = exact_posterior(np.eye(500), np.ones(500), [1000] * 10)
    fresh = lambda law: ExactPosterior(law.mixture).rho_moment(
        1.0
    )  # numerator and denominator, data diagonalised before
    ours = cpu(lambda: fresh(posterior), 20)
    rows.append(
        {"what": "exact moment, P 500, N 1000, L 10", "ours": ours, "peer": None, "ratio": None, "target": "< 2e-3 s"}
    )

    small = exact_posterior(np.eye(6), np.ones(6), [10, 10])
    ours = cpu(lambda: fresh(small), 20)
    peer = cpu(mpmath_moment, 1)
    rows.append(
        {
            "what": "exact moment, P 6, N 10, L 2; mpmath Meijer G",
            "ours": ours,
            "peer": peer,
            "ratio": peer / ours,
            "target": "",
        }
    )

    rng = np.random.default_rng(0)
    X, y = rng.standard_normal((40, 150)), rng.standard_normal(40)
    for chains in (1, 4):
        draw = lambda chains=chains: sample_posterior(
            X, y, [100, 100], method="gibbs", samples=50 * chains, chains=chains, burn_in=0, rng=1
        )
        ours = cpu(draw, 2) / 50 / chains
        rows.append(
            {
                "what": f"Gibbs sweep of one chain, N 100, P 40, L 2, {chains} at once",
                "ours": ours,
                "peer": None,
                "ratio": None,
            }
        )
        rows[-1]["target"] = "< 3e-3 s"
    ours = cpu(lambda: exact_posterior(np.eye(40), np.ones(40), [100, 100]).sample_rho(10_000, 1), 2) / 10_000
    rows.append(
        {"what": "independent draw of rho, N 100, P 40, L 2", "ours": ours, "peer": None, "ratio": None, "target": ""}
    )
    k, Y = np.linspace(0.2, 2.0, 40), rng.standard_normal((40, 3))
    more = {
        "matrix saddle, 3 outputs, P 40, N 100 and 60, T 0.1": lambda: kernel_renormalisation_outputs(
            np.diag(k), Y, [100, 60], 1.0, 0.1
        ),
        "mean inverse kernel of layer 2, P 40, N 100, L 2, T 0": lambda: mean_inverse_layer_kernel(
            np.diag(k), Y[:, 0], [100, 100], layer=2
        ),
        "the same, T 0.1": lambda: mean_inverse_layer_kernel(np.diag(k), Y[:, 0], [100, 100], 1.0, 0.1, layer=2),
        "heavy-tailed posterior, P 40, N 100, L 2, alpha 1.5 and 2, T 0.1": lambda: heavy_tailed_posterior(
            np.diag(k), Y[:, 0], [100, 100], 1.0, 0.1, alphas=[1.5, 2.0]
        ).rho_moment(1),
    }
    for what, function in more.items():
        rows.append({"what": what, "ours": cpu(function, 1), "peer": None, "ratio": None, "target": ""})
    return rows


def mpmath_moment():
    import mpmath

    z = 3 * mpmath.mpf(5) ** 2
    top, bottom = (mpmath.meijerg([[], []], [[0, 2 + k, 2 + k], []], z) for k in (1, 0))
    return float(top / bottom) / 25
