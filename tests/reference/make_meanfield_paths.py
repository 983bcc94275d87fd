"""Makes meanfield_paths.json: end-to-end Jacobian moments of sampled networks against the same moment path by path.

Per setting and width, over networks with stationary inputs and up to 300 columns each: R = sum |J_ij|^p / sum over
paths |path|^p (ratio of means, jackknife error over networks), the median of the ratio over columns, and the mean of both
sums in units of the limit M_1 rho(p)^(L-1), every column weighted by |x_j|^(p - alpha) E|x|^(alpha - p). The numbers of
docs/theory/signal-propagation are printed. Run: python tests/reference/make_meanfield_paths.py (five minutes).
"""

import json
import math
from pathlib import Path

import numpy as np

from rmt.ensembles import JacobianChain
from rmt.meanfield import fixed_point, jacobian_moment
from rmt.stable import AlphaStable

SETTINGS = [  # alpha, layers, p; sigma_w = 1, tanh, no bias
    (0.5, 2, 0.9),
    (0.5, 3, 0.9),
    (1.0, 2, 1.5),
    (1.0, 2, 1.8),
    (1.0, 3, 1.8),
    (1.5, 2, 1.7),
    (1.5, 2, 2.0),
    (1.5, 2, 2.2),
    (1.2, 3, 1.3),
]
WIDTHS = (50, 200, 800, 3000)


def jackknife(top, bottom):
    """Ratio of means and its error."""
    left_out = (top.sum() - top) / (bottom.sum() - bottom)
    return top.mean() / bottom.mean(), math.sqrt((top.size - 1) * left_out.var())


def measure(alpha, depth, p, width, networks, rng):
    parameters = {"alpha": alpha, "sigma_w": 1.0}
    scale, law = (fixed_point(**parameters).q / 2) ** (1 / alpha), AlphaStable(alpha)
    start = np.mean(np.abs(np.tanh(scale * law.sample(1_000_000, rng))) ** (alpha - p))
    limit = jacobian_moment(p, depth, coupling="network", **parameters)
    sums, medians, scaled = [], [], []
    for stream in rng.spawn(networks):
        h = scale * law.sample(width, stream)
        columns = np.arange(min(width, 300))
        jacobian = paths = None
        for factor in JacobianChain(width, depth, coupling="network", inputs=h, **parameters).sample(stream):
            size = np.abs(factor) ** p
            jacobian = factor[:, columns] if jacobian is None else factor @ jacobian
            paths = size[:, columns] if paths is None else size @ paths
        both = np.array([(np.abs(jacobian) ** p).sum(axis=0), paths.sum(axis=0)])
        sums.append(both.mean(axis=1))
        medians.append(np.median(both[0] / both[1]))
        scaled.append((both * np.abs(np.tanh(h[columns])) ** (p - alpha)).mean(axis=1) * start / limit)
    ratio, error = jackknife(*np.array(sums).T)
    of_limit = np.array(scaled)
    return {
        "alpha": alpha, "depth": depth, "p": p, "width": width, "networks": networks, "ratio": ratio, "stderr": error,
        "median": float(np.mean(medians)), "of_limit": of_limit.mean(axis=0).tolist(),
        "of_limit_stderr": (of_limit.std(axis=0, ddof=1) / math.sqrt(networks)).tolist(),
    }  # fmt: skip


if __name__ == "__main__":
    rng = np.random.default_rng(11)
    rows = []
    for setting in SETTINGS:
        for width in WIDTHS:
            networks = min(400, max(8, int(3e7 / width**2)))
            row = measure(*setting, width, networks, rng)
            rows.append(row)
            (moment, paths), (moment_error, paths_error) = row["of_limit"], row["of_limit_stderr"]
            print(
                f"{setting} N = {width}: R {row['ratio']:.4f}({row['stderr']:.4f}), median {row['median']:.4f}, "
                f"of the limit {moment:.3f}({moment_error:.3f}), paths {paths:.3f}({paths_error:.3f})",
                flush=True,
            )
    name = Path(__file__).with_name("meanfield_paths.json")
    name.write_text(json.dumps({"sigma_w": 1.0, "activation": "tanh", "rows": rows}, indent=1) + "\n")
