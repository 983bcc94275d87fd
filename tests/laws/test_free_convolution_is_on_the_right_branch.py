"""Free sums and products by subordination: closed laws, two solvers of one law, transforms, certificates, rotated matrices."""

import math

import numpy as np
import pytest
from statistical import assert_mean

from rmt._quadrature import gauss_legendre_panels
from rmt.laws import (
    AffineLaw,
    CircularLaw,
    ConvergenceError,
    DiscreteLaw,
    FreeProduct,
    FreeSum,
    FussCatalan,
    MarchenkoPastur,
    PopulationMarchenkoPastur,
    Raney,
    Semicircle,
    free_compression,
)

COIN = DiscreteLaw([-1.0, 1.0], [0.5, 0.5])
INSIDE = np.array([1e-3, 0.02, 0.1, 0.3, 0.45, 0.5, 0.7, 0.9, 0.99, 0.999])


class Arcsine:
    """Free sum of two coins."""

    @staticmethod
    def pdf(x):
        return 1 / (np.pi * np.sqrt(4 - x * x))

    @staticmethod
    def cdf(x):
        return 0.5 + np.arcsin(x / 2) / np.pi


# R = s2/(1 - c s2 g): laws with one c s2 add their 1/c; the corner of X X^T is that of fewer rows
CLOSED = {
    "two semicircles": (FreeSum([Semicircle(3.0), Semicircle(4.0)]), Semicircle(5.0)),
    "semicircle, power 2.5": (FreeSum(Semicircle(), [2.5]), Semicircle(2.5**0.5)),
    "MP + MP": (FreeSum(MarchenkoPastur(1.0), [2.0]), MarchenkoPastur(0.5, 2**0.5)),
    "MP(3) + MP(1.5)": (FreeSum([MarchenkoPastur(3.0), MarchenkoPastur(1.5, 2**0.5)]), MarchenkoPastur(1.0, 3**0.5)),
    "MP(3) twice, atom left": (FreeSum(MarchenkoPastur(3.0), [2.0]), MarchenkoPastur(1.5, 2**0.5)),
    "two coins": (FreeSum(COIN, [2.0]), Arcsine),
    "corner of MP": (free_compression(MarchenkoPastur(0.8, 1.3), 0.3), MarchenkoPastur(0.24, 1.3)),
    "corner of a semicircle": (free_compression(Semicircle(), 0.25), Semicircle(0.5)),
    "MP x Fuss-Catalan": (FreeProduct([MarchenkoPastur(), FussCatalan(2)]), FussCatalan(3)),
    "Raney(2, 1) to 1.5": (FreeProduct(Raney(2.0, 1.0), [1.5]), Raney(2.5, 1.0)),
    "moved and scaled": (FreeSum([AffineLaw(Semicircle(), 2.0, 1.0), DiscreteLaw([-1.0], [1.0])]), Semicircle(2.0)),
}


@pytest.mark.parametrize("name", CLOSED)
def test_convolutions_with_a_closed_law(name):
    law, exact = CLOSED[name]
    if hasattr(exact, "_interval"):
        low, high = exact._interval()
        assert np.allclose(law.support(), exact.support(), rtol=1e-9, atol=1e-12)
        assert abs(law.atom_at_zero - exact.atom_at_zero) < 1e-14
        for k in (1, 2, 3):
            assert abs(law.moment(k) - exact.moment(k)) < 1e-11 * max(abs(low), high) ** k
    else:
        low, high = law.support()
    x = low + (high - low) * INSIDE
    assert np.abs(law.pdf(x) / exact.pdf(x) - 1).max() < 1e-11
    assert np.abs(law.cdf(x) - exact.cdf(x)).max() < 1e-12
    p = law.atom_at_zero + (1 - law.atom_at_zero) * np.array([0.03, 0.4, 0.9])
    assert np.abs(exact.cdf(law.icdf(p)) - p).max() < 1e-11


@pytest.mark.parametrize("order", range(1, 31))
def test_fuss_catalan_laws_are_free_powers_of_marchenko_pastur(order):
    """Orders 4 to 30 are where solvers of the polynomial lose the branch: 1 % of the quantiles down to x = 1e-60."""
    law, exact = FreeProduct(MarchenkoPastur(), [order]), FussCatalan(order)
    x = exact.icdf(np.linspace(0.01, 0.99, 25))
    assert np.abs(law.pdf(x) / exact.pdf(x) - 1).max() < 1e-11
    assert np.abs(law.cdf(x) - exact.cdf(x)).max() < 1e-11
    assert abs(law.support()[1] / exact.support()[1] - 1) < 1e-12


@pytest.mark.parametrize(("a", "b"), [(0.4, 0.5), (0.6, 0.7), (0.5, 0.5), (0.1, 0.95)])
def test_product_of_two_projections_is_the_jacobi_law(a, b):
    """Density sqrt((x+ - x)(x - x-))/(2 pi x (1 - x)), atoms 1 - min(a, b) at 0 and a + b - 1 at 1 (Voiculescu)."""
    law = FreeProduct([DiscreteLaw([0, 1], [1 - a, a]), DiscreteLaw([0, 1], [1 - b, b])])
    middle, half = a + b - 2 * a * b, 2 * math.sqrt(a * b * (1 - a) * (1 - b))
    x = middle + half * np.array([-0.99, -0.5, 0.1, 0.8, 0.99])
    exact = np.sqrt(half**2 - (x - middle) ** 2) / (2 * np.pi * x * (1 - x))
    assert np.abs(law.pdf(x) / exact - 1).max() < 1e-11
    masses = dict(law.atoms())
    assert abs(masses[0.0] - (1 - min(a, b))) < 1e-14
    assert abs(masses.get(1.0, 0.0) - max(0.0, a + b - 1)) < 1e-14
    assert law.cdf([-1.0, 0.0, 2.0]) == pytest.approx([0.0, masses[0.0], 1.0], abs=1e-12)
    assert law.ccdf(1 - 1e-9) == pytest.approx(masses.get(1.0, 0.0), abs=3e-5)


@pytest.mark.parametrize("ratio", [0.1, 0.6, 2.0])
def test_two_solvers_of_silversteins_law_agree(ratio):
    values, weights = [1.0, 5.0, 0.0], [0.5, 0.3, 0.2]
    law = FreeProduct([MarchenkoPastur(ratio), DiscreteLaw(values, weights)])
    other = PopulationMarchenkoPastur(values, weights, ratio)
    low, high = other._interval()
    x = low + (high - low) * INSIDE
    assert np.abs(law.pdf(x) - other.pdf(x)).max() < 1e-9
    assert np.abs(law.cdf(x) - other.cdf(x)).max() < 1e-11
    assert abs(law.atom_at_zero - other.atom_at_zero) < 1e-14
    z = np.array([0.4 + 0.1j, 3.0 - 2.0j, -1.0 + 0j])
    assert np.abs(law.stieltjes(z) - other.stieltjes(z)).max() < 1e-12
    assert np.abs(law.log_potential(z) - other.log_potential(z)).max() < 1e-12


TRANSFORMED = [
    Semicircle(1.3),
    MarchenkoPastur(0.25, 1.2),
    MarchenkoPastur(3.0, 0.7),
    PopulationMarchenkoPastur([1.0, 5.0, 0.0], [0.5, 0.3, 0.2], 2.0),
    Raney(2.5, 0.7),
    FussCatalan(8),
    DiscreteLaw([-1.0, 0.5, 3.0], [0.2, 0.5, 0.3]),
    FreeSum([COIN, MarchenkoPastur(0.5)]),
    FreeProduct([MarchenkoPastur(0.5), DiscreteLaw([0.5, 2.0], [0.3, 0.7])]),
]


@pytest.mark.parametrize("law", TRANSFORMED, ids=repr)
def test_transforms_belong_to_one_law(law):
    """-Im G/pi = pdf, pi (1 - cdf) = Im U, U' = G, and R and S invert G and the moment function."""
    low, high = law.support()
    x = low + (high - low) * np.array([-0.2, 0.03, 0.2, 0.5, 0.8, 0.97, 1.3])
    assert np.abs(-law.stieltjes(x).imag / np.pi - law.pdf(x)).max() < 1e-11
    assert np.abs(1 - law.log_potential(x).imag / np.pi - law.cdf(x)).max() < 1e-11
    z, step = np.array([0.3 + 0.5j, -1 + 1j, 2 + 0.2j, 1 - 2j]), 1e-3
    values = [law.log_potential(z + k * step) for k in (-2, -1, 1, 2)]
    slope = (values[0] - 8 * values[1] + 8 * values[2] - values[3]) / (12 * step)
    assert np.abs(slope - law.stieltjes(z)).max() < 1e-8
    assert np.abs(law.stieltjes(z.conj()) - law.stieltjes(z).conj()).max() < 1e-14
    g = np.array([0.05, -0.04, 0.05 - 0.03j, 0.05 + 0.03j]) / max(high, -low)
    assert np.abs(law.stieltjes(law.r_transform(g) + 1 / g) - g).max() < 1e-11
    assert abs(law.r_transform(0.0) - law.mean()) < 1e-14
    if low >= 0:
        y = np.array([0.02, -0.15, 0.02 - 0.01j, -0.1 + 0.05j])
        u = (1 + y) / (y * law.s_transform(y))
        assert np.abs(u * law.stieltjes(u) - 1 - y).max() < 1e-11


@pytest.mark.parametrize("law", [Semicircle(1.3), MarchenkoPastur(0.25, 1.2), MarchenkoPastur(3.0)], ids=repr)
def test_closed_transforms_are_the_inverses_found_numerically(law):
    g = np.array([0.1 - 0j, -0.1 - 0j, 0.05 - 0.1j])
    assert np.abs(law.r_transform(g) - law._r_numeric(g)).max() < 1e-13
    if law.mean():
        assert np.abs(law.s_transform(g) - law._s_numeric(g)).max() < 1e-13


def test_transforms_add_and_multiply():
    g = np.array([0.1, -0.05, 0.1 - 0.02j])
    one, other = MarchenkoPastur(0.5), DiscreteLaw([0.5, 2.0], [0.3, 0.7])
    total = FreeSum([one, other], [1.0, 2.0])
    assert np.abs(total.r_transform(g) - one.r_transform(g) - 2 * other.r_transform(g)).max() < 1e-12
    product = FreeProduct([one, other], [1.0, 2.0])
    assert np.abs(product.s_transform(g) / (one.s_transform(g) * other.s_transform(g) ** 2) - 1).max() < 1e-12


MIXED = {
    "coin + semicircle, a gap": FreeSum([COIN, Semicircle(0.3)]),
    "coin + semicircle, no gap": FreeSum([COIN, Semicircle(0.9)]),
    "two projections added": FreeSum([DiscreteLaw([0, 1], [0.2, 0.8]), DiscreteLaw([0, 1], [0.3, 0.7])]),
    "three laws": FreeSum([MarchenkoPastur(2.0), Raney(3.0, 1.0), COIN], [1.0, 1.0, 1.5]),
    "projected two bulks": FreeProduct([DiscreteLaw([1, 8], [0.5, 0.5]), MarchenkoPastur(0.1)]),
}


@pytest.mark.parametrize("name", MIXED)
def test_density_is_the_slope_of_the_distribution_also_beside_gaps_and_atoms(name):
    law = MIXED[name]
    low, high = law.support()
    x = low + (high - low) * np.linspace(0.013, 0.987, 41)
    x = x[[min((abs(v - a) for a, _ in law.atoms()), default=1.0) > 1e-3 for v in x]]
    assert np.diff(law.cdf(np.sort(np.append(x, [low, high, high + 1])))).min() > -1e-12
    assert abs(law.cdf(high + 1e-9) - 1) < 1e-9
    inside = x[law.pdf(x) > 1e-3]
    for point in inside[:: max(1, len(inside) // 6)]:
        a, b = point - 5e-4, point + 5e-4
        if min(law.pdf([a, b])) > 1e-3:
            nodes, weights = gauss_legendre_panels([a, b], 8)
            assert abs(law.pdf(nodes) @ weights - (law.cdf(b) - law.cdf(a))) < 1e-11
    assert abs(law.moment(0) - 1) < 1e-12
    assert abs(law.moment(1) - law.mean()) < 1e-11 * max(1, abs(high))


def test_a_gap_is_empty_and_an_atom_is_a_step():
    gap = MIXED["coin + semicircle, a gap"]
    assert gap.cdf([-0.3, 0.0, 0.3]) == pytest.approx([0.5] * 3, abs=1e-9)
    assert np.max(gap.pdf([-0.3, -0.1, 0.2])) < 1e-12
    law = MIXED["two projections added"]
    assert dict(law.atoms()) == pytest.approx({1.0: 0.1, 2.0: 0.5})
    assert law.cdf(1.0) - law.cdf(1.0 - 1e-8) == pytest.approx(0.1, abs=1e-6)
    assert law.cdf(2.0) == 1.0
    assert law.ccdf(2.0 - 1e-8) == pytest.approx(0.5, abs=1e-6)
    assert law.icdf([0.8, 0.99]) == pytest.approx([2.0, 2.0], abs=1e-9)


@pytest.mark.slow
def test_nested_convolutions_are_laws_too():
    corner = FreeProduct([MarchenkoPastur(0.5), DiscreteLaw([0, 1], [0.5, 0.5])])
    law = FreeSum([corner, Semicircle()])
    assert abs(law.mean() - 0.5) < 1e-15
    # E (A + B)^2 = E A^2 + 2 E A E B + E B^2
    assert abs(law.moment(2) - corner.moment(2) - 1.0) < 1e-11
    assert FreeSum([FreeSum([COIN, Semicircle()]), COIN]) == FreeSum([COIN, Semicircle()], [2.0, 1.0])


@pytest.mark.parametrize("z", [0.5 + 0j, 0.5 + 0.1j, 1.2 + 0j, 0.1 + 1e-3j])
def test_only_certified_roots_are_returned(z):
    """Coin + semicircle: G is a root of a cubic, s4 g^3 - 2 s2 z g^2 + (z^2 - 1 + s2) g - z = 0; one of the three is right."""
    s2 = 0.25
    law = FreeSum([COIN, Semicircle(s2**0.5)])
    accepted = []
    for g in np.roots([s2**2, -2 * s2 * z, z * z - 1 + s2, -z]):
        u = np.array([[z - s2 * g, s2 * g + 1 / g]])
        _, wrong = law._certified(np.array([z]), u)
        if not wrong[0]:
            accepted.append(g if g.imag <= 0 else g.conjugate())
    assert len(accepted) >= 1
    assert np.abs(np.array(accepted) - law.stieltjes(z)).max() < 1e-11
    right = law._subordinates(np.array([z]))
    for u in (right * 1.01, right + 1e-6, np.array([[1e-9 + 1e-9j, 1e9 + 1e9j]])):
        assert law._certified(np.array([z]), u)[1][0]


def test_a_real_root_that_repels_is_refused():
    """Outside the support of a free power of the semicircle u = z/2 + F(u)/2 has two real roots."""
    outside = FreeSum(Semicircle(), [2.0])
    # F = F(u), u = F + 1/F, and z = 2 u - F = F + 2/F
    for root, good in ((2.0 + math.sqrt(2.0), True), (2.0 - math.sqrt(2.0), False)):
        u = np.array([[root + 1 / root + 0j]])
        assert outside._certified(np.array([4.0 + 0j]), u)[1][0] != good


def test_what_is_not_solved_raises_with_point_and_residual(monkeypatch):
    law = FreeSum([COIN, Semicircle(0.5)])
    monkeypatch.setattr(type(law), "_residual", lambda self, z, u: np.full(z.size, 0.25))
    with pytest.raises(ConvergenceError, match=r"free sum: no certified root at z = \(0.5\+0j\): residual 0.25 at u ="):
        law.pdf(0.5)


def rotated(values, rng):
    """A Hermitian matrix with these eigenvalues in a random unitary frame."""
    n = values.size
    q, r = np.linalg.qr(rng.standard_normal((n, n)) + 1j * rng.standard_normal((n, n)))
    q = q * (np.diag(r) / np.abs(np.diag(r)))
    return (q * values) @ q.conj().T


@pytest.mark.parametrize("kind", ["sum", "product", "corner"])
def test_rotated_matrices_follow_the_law(kind, rng):
    """Means over 60 matrices at three points, false-fail rate 1e-6 each; a difference of 0.006 is found, bias is 1/N^2."""
    n = 120
    one = np.where(np.arange(n) < n // 3, 0.5, 2.0)
    other = MarchenkoPastur(0.5).icdf((np.arange(n) + 0.5) / n)
    laws = [DiscreteLaw([0.5, 2.0], [1 / 3, 2 / 3]), DiscreteLaw(other, np.full(n, 1 / n))]
    law = {
        "sum": lambda: FreeSum(laws),
        "product": lambda: FreeProduct(laws),
        "corner": lambda: free_compression(laws[1], 0.5),
    }[kind]()
    points = law.icdf([0.2, 0.5, 0.8])
    found = []
    for _ in range(60):
        b = rotated(other, rng)
        if kind == "sum":
            matrix = np.diag(one) + b
        elif kind == "product":
            matrix = np.sqrt(one)[:, None] * b * np.sqrt(one)
        else:
            matrix = b[: n // 2, : n // 2]
        found.append(np.mean(np.linalg.eigvalsh(matrix)[:, None] <= points, axis=0))
    for share, expected in zip(np.array(found).T, [0.2, 0.5, 0.8], strict=True):
        assert_mean(share, expected, detects=0.01)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: FreeSum([]), "at least one law"),
        (lambda: FreeSum([CircularLaw()]), r"laws\[0\] = CircularLaw.* Stieltjes"),
        (lambda: FreeSum([Semicircle()], [0.5]), r"powers must be >= 1, not 0.5"),
        (lambda: FreeSum([Semicircle()], [1.0, 2.0]), "one number a law"),
        (lambda: FreeProduct([Semicircle()]), r"\[0, inf\)"),
        (lambda: FreeProduct([DiscreteLaw([0.0], [1.0])]), "positive mean"),
        (lambda: free_compression(Semicircle(), 1.5), "fraction = 1.5"),
        (lambda: AffineLaw(Semicircle(), 0.0), "scale = 0.0"),
        (lambda: AffineLaw(3.0), "law = 3.0"),
        (lambda: DiscreteLaw([1.0, 2.0], [0.5, 0.4]), "sum 1"),
        (lambda: DiscreteLaw([1.0], [0.5, 0.5]), "equal vectors"),
        (lambda: Semicircle().stieltjes(math.nan), "finite"),
        (lambda: Semicircle().s_transform(0.1), "mean 0"),
        (lambda: FreeSum([COIN, COIN]).pdf(math.nan), "NaN"),
        (lambda: FreeSum([COIN, COIN]).icdf(-0.1), "p = "),
    ],
)
def test_bad_arguments_are_refused(make, message):
    with pytest.raises(ValueError, match=message):
        make()


def test_a_transform_beyond_its_branch_raises():
    """R of the coin has branch points at +-i/2; the S transform of a projection ends at minus its rank."""
    with pytest.raises(ConvergenceError, match=r"R transform.*no convergence at .*last Newton increment"):
        COIN.r_transform(-0.9j)
    with pytest.raises(ConvergenceError, match="S transform"):
        DiscreteLaw([0.0, 1.0], [0.5, 0.5]).s_transform(-0.7)
