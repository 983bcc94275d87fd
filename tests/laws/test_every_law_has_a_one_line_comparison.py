"""Each law set beside Monte Carlo by one call of rmt.compare, and the same call refuses a law that is wrong.

compare(...).check(5.5) asks two things at 3.8e-8 each, so the false-fail rate is below 1e-7 a law for Gaussian scatter over
realisations and below 2e-6 for all of them. Power is part of the test: samples 1.5 times as large must be refused.
Complex matrices are used where there is a choice, because their bias is 1/N^2 and not 1/N.
"""

import numpy as np
import pytest
from scipy.linalg import eigvalsh_tridiagonal

from rmt.compare import ComparisonFailed, compare
from rmt.ensembles import JacobianChain, ginibre, levy_matrix, wigner_levy
from rmt.laws import (
    AffineLaw,
    CircularLaw,
    ComplexGinibre,
    DiscreteLaw,
    EllipticLaw,
    FreeProduct,
    FreeSum,
    FussCatalan,
    Layer,
    LyapunovLaw,
    MarchenkoPastur,
    PopulationMarchenkoPastur,
    RadialLaw,
    Raney,
    RealGinibre,
    Semicircle,
    SingularValueLaw,
    TracyWidom,
    WignerLevy,
    free_compression,
)

N, REALISATIONS = 90, 16
HALF = DiscreteLaw([0.5, 2.0], [0.5, 0.5])


def complex_ginibre(n, rng):
    return ginibre(n, field="complex", rng=rng)


def gue(n, rng):
    a = complex_ginibre(n, rng)
    return (a + a.conj().T) / 2**0.5


def wishart(p, n, rng):
    x = (rng.standard_normal((p, n)) + 1j * rng.standard_normal((p, n))) / (2 * n) ** 0.5
    return x @ x.conj().T


def rotated(values, rng):
    q, r = np.linalg.qr(complex_ginibre(values.size, rng))
    q = q * (np.diag(r) / np.abs(np.diag(r)))
    return (q * values) @ q.conj().T


def halves():
    return np.where(np.arange(N) < N // 2, 0.5, 2.0)


def squared_product(layers, rng):
    product = np.eye(N)
    for _ in range(layers):
        product = complex_ginibre(N, rng) @ product
    return np.linalg.svd(product, compute_uv=False) ** 2


def lyapunov(rng, n=60, depth=60):
    q, total = np.linalg.qr(rng.standard_normal((n, n)))[0], np.zeros(n)
    for step in range(depth):
        q, r = np.linalg.qr(levy_matrix(n, alpha=1.5, rng=rng) @ q)
        total += np.log(np.abs(np.diag(r))) if step >= 10 else 0.0
    return total / (depth - 10)


def elliptic(rng):
    a, b = gue(N, rng), gue(N, rng)
    return np.linalg.eigvals((1.5**0.5 * a + 1j * 0.5**0.5 * b) / 2**0.5).real


LAWS = {
    "Semicircle": (Semicircle(), lambda rng: np.linalg.eigvalsh(gue(N, rng))),
    "MarchenkoPastur": (MarchenkoPastur(0.5), lambda rng: np.linalg.eigvalsh(wishart(N, 2 * N, rng))),
    "PopulationMarchenkoPastur": (
        PopulationMarchenkoPastur([0.5, 2.0], [0.5, 0.5], 0.5),
        lambda rng: np.linalg.eigvalsh(np.sqrt(halves())[:, None] * wishart(N, 2 * N, rng) * np.sqrt(halves())),
    ),
    "CircularLaw": (CircularLaw(), lambda rng: np.abs(np.linalg.eigvals(complex_ginibre(N, rng)))),
    "EllipticLaw, real part": (EllipticLaw(0.5).real_marginal(), elliptic),
    "FussCatalan": (FussCatalan(2), lambda rng: squared_product(2, rng)),
    "Raney": (Raney(2.0, 2.0), lambda rng: 2.0 + np.linalg.eigvalsh(gue(N, rng))),
    "ComplexGinibre": (
        ComplexGinibre(12, 2),
        lambda rng: np.abs(np.linalg.eigvals(complex_ginibre(12, rng) @ complex_ginibre(12, rng))),
    ),
    "WignerLevy": (WignerLevy(1.5), lambda rng: np.linalg.eigvalsh(wigner_levy(N, alpha=1.5, rng=rng))),
    "DiscreteLaw": (HALF, lambda rng: HALF.sample(N, rng)),
    "AffineLaw": (AffineLaw(Semicircle(), 0.5, 1.0), lambda rng: 1.0 + 0.5 * np.linalg.eigvalsh(gue(N, rng))),
    "FreeSum": (
        FreeSum([HALF, Semicircle()]),
        lambda rng: np.linalg.eigvalsh(np.diag(halves()) + gue(N, rng)),
    ),
    "FreeProduct": (
        FreeProduct([HALF, HALF]),
        lambda rng: np.linalg.eigvalsh(np.sqrt(halves())[:, None] * rotated(halves(), rng) * np.sqrt(halves())),
    ),
    "free_compression": (
        free_compression(HALF, 0.5),  # the arcsine law between 1/2 and 2; larger corners have atoms at the ends
        lambda rng: np.linalg.eigvalsh(rotated(halves(), rng)[: N // 2, : N // 2]),
    ),
    "SingularValueLaw": (
        SingularValueLaw([Layer(1.5)] * 2),
        lambda rng: np.linalg.svd(
            levy_matrix(N, alpha=1.5, rng=rng) @ levy_matrix(N, alpha=1.5, rng=rng), compute_uv=False
        ),
    ),
    "RadialLaw": (RadialLaw(Layer(1.5)), lambda rng: np.abs(np.linalg.eigvals(levy_matrix(N, alpha=1.5, rng=rng)))),
}


@pytest.mark.parametrize("name", LAWS)
def test_law_beside_sampled_matrices(name, rng):
    law, draw = LAWS[name]
    rows = [np.asarray(draw(rng)) for _ in range(REALISATIONS)]
    # off the point masses and the quantiles that sit on them
    points = [0.4, 1.0, 2.1] if name == "DiscreteLaw" else None
    compare(law, rows, points=points).check(5.5)
    with pytest.raises(ComparisonFailed):
        compare(law, [1.5 * row for row in rows], points=points).check(5.5)


def test_lyapunov_law_beside_exponents(rng):
    rows = [lyapunov(rng) for _ in range(8)]
    compare(LyapunovLaw(Layer(1.5)), rows).check(5.5)
    with pytest.raises(ComparisonFailed):
        compare(LyapunovLaw(Layer(1.5, 1.5)), rows).check(5.5)


@pytest.mark.parametrize("beta", [1, 2, 4])
def test_tracy_widom_law_beside_largest_eigenvalues(beta, rng):
    """Tridiagonal matrices of Dumitriu and Edelman, one number each: Kolmogorov's exact test.

    In Tracy and Widom's convention, which the published moments of beta = 4 have, the size that scales the edge is 2n for
    beta = 4: a factor 2^(1/6) beside the convention that is common to all beta.
    """
    n, count = 200, 300
    law, largest = TracyWidom(beta), []
    for _ in range(count):
        off = np.sqrt(rng.chisquare(beta * np.arange(n - 1, 0, -1))) / 2**0.5
        top = eigvalsh_tridiagonal(rng.standard_normal(n), off, select="i", select_range=(n - 1, n - 1))[0]
        largest.append(((2.0 / beta) ** 0.5 * top - 2 * n**0.5) * (2 * n if beta == 4 else n) ** (1 / 6))
    compare(law, largest).check(5.5)
    with pytest.raises(ComparisonFailed):
        compare(law, np.array(largest) + 1.0).check(5.5)


def test_numbers_of_real_eigenvalues_beside_the_formula(rng):
    counts = [np.sum(np.linalg.eigvals(ginibre(10, rng=rng)).imag == 0) for _ in range(600)]
    compare(RealGinibre(10).expected_real(), np.array(counts, dtype=float)).check(5.5)
    with pytest.raises(ComparisonFailed):
        compare(RealGinibre(16).expected_real(), np.array(counts, dtype=float)).check(5.5)


def test_a_law_of_one_ensemble_refuses_samples_of_the_other():
    chain = JacobianChain(20, 1, alpha=1.5, sigma_w=1.0, coupling="network")
    law = SingularValueLaw(Layer(1.5, profile=([0.5, 1.0], [0.5, 0.5])))
    with pytest.raises(ValueError, match="independent"):
        compare(law, np.ones((3, 20)), coupling=chain.coupling)
