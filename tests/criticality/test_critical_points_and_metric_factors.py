"""Critical points, metric factors and finite-width constants agree with 30-digit references; degenerate cases are refused."""

import json
from pathlib import Path

import numpy as np
import pytest
from statistical import assert_mean

from rmt import activations
from rmt.criticality import (
    correlation_flow,
    correlation_map,
    critical_point,
    effective_depth,
    finite_width,
    mean_order_parameter,
    ntk_flow,
    ntk_ratio,
    relu_critical_point,
    relu_flow,
    riccati,
    simulate_pairs,
    width_for_depth,
)

REFERENCE = json.loads((Path(__file__).parent.parent / "reference" / "criticality_points.json").read_text())


FIELDS = ("sigma_w", "q", "kappa", "c3", "gamma", "chi_q", "c1", "v")


def users_own(name="x exp(-x^2/2)"):
    """An activation that is not in the catalogue."""
    bell = lambda x: np.exp(-np.square(x) / 2)
    return activations.custom(
        lambda x: x * bell(x),
        lambda x: (1 - x**2) * bell(x),
        second=lambda x: (x**3 - 3 * x) * bell(x),
        third=lambda x: (-(x**4) + 6 * x**2 - 3) * bell(x),
        bounded=True,
        name=name,
    )


@pytest.mark.parametrize("case", REFERENCE["cases"], ids=lambda c: f"{c['activation']}-{c['sigma_b']}")
def test_constants_agree_with_thirty_digits(case):
    """Every smooth activation of the catalogue and one of a user, biases from 0 to 3."""
    name = case["activation"]
    point = critical_point(name if name in activations.names() else users_own(), case["sigma_b"])
    for field in FIELDS:
        assert getattr(point, field) == pytest.approx(float(case[field]), rel=REFERENCE["rtol"], abs=0), field
    assert point.a == pytest.approx(point.c1 + point.v / 2)
    assert point.m == pytest.approx(point.a / point.v)


def test_every_smooth_activation_of_the_catalogue_is_in_the_reference():
    tested = {case["activation"] for case in REFERENCE["cases"]}
    smooth = {name for name in activations.names() if activations.get(name).smooth}
    assert smooth - tested == {"linear"}  # homogeneous: refused


@pytest.mark.parametrize("case", REFERENCE["cases"][::3], ids=lambda c: f"{c['activation']}-{c['sigma_b']}")
def test_any_number_of_digits(case):
    """dps = 17 agrees with the stored digits (chain rule instead of Hermite weights) to all of them."""
    import mpmath

    if case["activation"] not in activations.names():
        with pytest.raises(ValueError, match="when dps is given"):
            critical_point(users_own(), case["sigma_b"], dps=17)
        return
    point = critical_point(case["activation"], case["sigma_b"], dps=17)
    for field in FIELDS:
        assert abs(getattr(point, field) / mpmath.mpf(case[field]) - 1) < 2e-16, field
    assert abs(point.m - critical_point(case["activation"], case["sigma_b"]).m) < 1e-11


def test_argument_scale_of_the_activation_changes_only_lengths():
    """phi(a x): same kappa, c1, v, m; q -> q/a^2, sigma_w -> sigma_w/a, sigma_b -> sigma_b/a. unit_erf is erf(a x)."""
    a = np.sqrt(np.pi) / 2
    plain, scaled = critical_point("erf", 0.4), critical_point("unit_erf", 0.4 / a)
    for name in ("kappa", "c3", "c1", "v", "chi_q"):
        assert getattr(scaled, name) == pytest.approx(getattr(plain, name), rel=1e-11)
    assert scaled.q == pytest.approx(plain.q / a**2, rel=1e-12)
    assert scaled.sigma_w == pytest.approx(plain.sigma_w / a, rel=1e-12)
    assert scaled.gamma == pytest.approx(plain.gamma * a, rel=1e-11)


def test_small_bias_tends_to_the_universal_limit():
    """Odd phi = x - x^3/3: sigma_b^2 ~ 4 q^3/3, kappa ~ 2 q^2, and c1 -> -1, v -> 4, m -> 1/4, with corrections of order q."""
    point = critical_point("tanh", 1e-4)
    assert point.sigma_b**2 == pytest.approx(4 / 3 * point.q**3, rel=8 * point.q)
    assert point.kappa == pytest.approx(2 * point.q**2, rel=8 * point.q)
    assert point.c1 == pytest.approx(-1, abs=8 * point.q)
    assert point.v == pytest.approx(4, abs=16 * point.q)
    assert point.m == pytest.approx(0.25, abs=4 * point.q)


@pytest.mark.parametrize(
    ("activation", "sigma_b", "message"),
    [
        ("tanh", 0.0, "freezes"),
        ("relu", 0.3, "smooth"),
        ("hard_tanh", 0.3, "smooth"),
        ("softsign", 0.3, "'softsign' must be smooth"),
        ("linear", 0.3, "homogeneous"),
        ("tanh", -0.1, r"sigma_b = -0.1 must be in \[0"),
        ("tanh", np.nan, "sigma_b"),
        ("cosh", 0.3, "activation = 'cosh'"),
        ("swish", 0.3, "unstable length"),
    ],
)
def test_degenerate_cases_are_refused_with_the_reason(activation, sigma_b, message):
    with pytest.raises(ValueError, match=message):
        critical_point(activation, sigma_b)


def test_an_activation_without_its_third_derivative_is_refused():
    phi = activations.custom(np.tanh, lambda x: 1 - np.tanh(x) ** 2, bounded=True, name="mine")
    with pytest.raises(ValueError, match="'mine' lacks its second and third derivative"):
        critical_point(phi, 0.3)


def test_a_users_activation_goes_everywhere(rng):
    """A copy of tanh under the user's own name gives what tanh gives, in every function of the room that takes a point."""
    copy = activations.custom(
        np.tanh,
        lambda x: 1 - np.tanh(x) ** 2,
        second=lambda x: -2 * np.tanh(x) * (1 - np.tanh(x) ** 2),
        third=lambda x: (1 - np.tanh(x) ** 2) * (6 * np.tanh(x) ** 2 - 2),
        bounded=True,
        name="mine",
    )
    mine, tanh = critical_point(copy, 0.3), critical_point("tanh", 0.3)
    assert mine.activation is copy
    assert mine.c1 == pytest.approx(tanh.c1, rel=1e-10)
    assert effective_depth(mine, 30) == pytest.approx(effective_depth(tanh, 30), rel=1e-10)
    assert ntk_flow(mine, 20, 0.1) == pytest.approx(ntk_flow(tanh, 20, 0.1), rel=1e-10)
    for order in (1, 2):
        values = [mean_order_parameter(point, 100, 50, order=order) for point in (mine, tanh)]
        assert values[0] == pytest.approx(values[1], rel=1e-10)
    assert width_for_depth(mine, 50, 0.1) == width_for_depth(tanh, 50, 0.1)
    assert finite_width(mine).c2 == pytest.approx(finite_width(tanh).c2, rel=1e-9)
    own = critical_point(users_own(), 0.3)
    runs = simulate_pairs(50, 30, sigma_w=own.sigma_w, sigma_b=0.3, activation=users_own(), realisations=400, rng=rng)
    assert_mean(runs.rho[:, -1], mean_order_parameter(own, 50, 30)[-1], detects=0.03)


def test_a_point_travels_between_processes():
    import pickle

    point = critical_point("tanh", 0.3)
    assert pickle.loads(pickle.dumps(point)) == point


def test_exact_flow_of_tanh_at_criticality():
    point = critical_point("tanh", 0.3)
    rho = correlation_flow("tanh", sigma_w=point.sigma_w, sigma_b=0.3, depth=1882)
    assert rho[[1, 93, 1881]] == pytest.approx([0.882117911553, 0.0486324055997, 0.00229396835], rel=1e-9)


def test_flow_of_erf_is_the_arcsine_kernel():
    """<erf u erf v> = (2/pi) asin(2 K12/sqrt((1 + 2 K11)(1 + 2 K22)))."""
    sw, sb, q = 1.3, 0.4, 0.9
    kernel = lambda c: sw**2 * 2 / np.pi * np.arcsin(2 * q * c / (1 + 2 * q)) + sb**2
    for rho in (0.01, 0.5, 1.0, 1.7, 2.0):
        expected = 1 - kernel(1 - rho) / kernel(1.0)
        assert correlation_map(rho, "erf", sigma_w=sw, sigma_b=sb, q=q) == pytest.approx(expected, rel=1e-12)


def test_tiny_order_parameters_keep_their_relative_accuracy():
    """rho' = chi_1 rho (1 + O(rho)) at rho = 1e-290, and 0 stays 0."""
    for name, sb in (("tanh", 0.3), ("sin", 1.0), ("erf", 0.3), ("arctan", 0.5)):
        point = critical_point(name, sb)
        for rho in (1e-12, 1e-100, 1e-290):
            assert correlation_map(rho, name, sigma_w=point.sigma_w, sigma_b=sb) == pytest.approx(rho, rel=2e-11)
        assert correlation_map(0.0, name, sigma_w=point.sigma_w, sigma_b=sb) == 0.0


def test_curvature_of_the_map_is_kappa_and_c3():
    for name, sb in (("tanh", 0.3), ("sin", 1.0), ("sigmoid", 0.5)):
        point = critical_point(name, sb)
        rho = 1e-4
        image = correlation_map(rho, name, sigma_w=point.sigma_w, sigma_b=sb)
        assert (rho - image) / rho**2 == pytest.approx(point.kappa - point.c3 * rho, rel=1e-6 + 1e3 * rho**2)


def test_distance_factor_is_the_slope_of_chi():
    point = critical_point("tanh", 0.3)
    step = 1e-4
    ratio = [correlation_map(1e-200, "tanh", sigma_w=point.sigma_w + k * step, sigma_b=0.3) / 1e-200 for k in (-1, 1)]
    assert (ratio[1] - ratio[0]) / (2 * step) == pytest.approx(point.gamma, rel=1e-6)


def test_riccati_solves_its_equation():
    l = np.linspace(0.5, 50, 400)
    for eps in (-0.2, 0.0, 0.3):
        rho = riccati(l, epsilon=eps, kappa=0.7, rho0=0.4)
        slope = np.gradient(rho, l, edge_order=2)
        assert np.allclose(slope[1:-1], (eps * rho - 0.7 * rho**2)[1:-1], atol=2e-4)
    assert riccati(1e6, epsilon=0.3, kappa=0.7) == pytest.approx(0.3 / 0.7)
    assert riccati(10.0, epsilon=1e-12, kappa=0.7) == pytest.approx(1 / 7)
    assert riccati(5000.0, epsilon=-0.3, kappa=0.7) == 0.0 or riccati(5000.0, epsilon=-0.3, kappa=0.7) < 1e-300


def test_effective_depth_grows_by_one_a_layer():
    point = critical_point("tanh", 0.3)
    expected = 1 + (1 - point.c3 / point.kappa**2) / 1500  # 1/rho = kappa l + ((kappa^2 - c3)/kappa) ln l
    assert np.diff(effective_depth(point, 1500))[-1] == pytest.approx(expected, abs=5e-5)


def test_relu_is_its_own_class():
    point = relu_critical_point()
    rho = relu_flow(800)
    layers = np.array([100, 800])
    scaled = rho[layers - 1] * layers**2 / (4.5 * np.pi**2)
    assert scaled == pytest.approx([0.820217, 0.967233], abs=1e-6)
    assert correlation_map(0.3, "relu", sigma_w=1.7, sigma_b=0.0, q=1.0) == pytest.approx(
        relu_flow(2, 0.3)[1], rel=2e-3
    )
    small = 1e-12
    assert (small - relu_flow(2, small)[1]) / small**1.5 == pytest.approx(point.b, rel=1e-3)


def test_tangent_kernel_ratio_goes_from_one_to_a_third():
    point = critical_point("tanh", 0.3)
    ratio = ntk_flow(point, 1000, 0.01)
    assert ratio[[99, 999]] == pytest.approx([0.817933, 0.461979], abs=1e-5)
    assert ntk_ratio(point.kappa * 0.01 * np.array([100, 1000])) == pytest.approx(ratio[[99, 999]], rel=0.04)
    assert ntk_ratio([0.0, 1e9]) == pytest.approx([1, 1 / 3])


@pytest.mark.parametrize(
    "call",
    [
        lambda: correlation_map(2.1, sigma_w=1.0, sigma_b=0.1),
        lambda: correlation_flow(sigma_w=1.0, sigma_b=0.1, depth=0),
        lambda: correlation_flow("relu", sigma_w=2.0, sigma_b=0.1, depth=3),
        lambda: correlation_flow(sigma_w=0.5, sigma_b=0.0, depth=3),
        lambda: riccati(0.0, epsilon=0.1, kappa=1.0),
        lambda: riccati(1.0, epsilon=0.1, kappa=0.0),
        lambda: ntk_ratio(-1.0),
        lambda: critical_point("tanh", 0.3).m_at(1, 1.4),
    ],
)
def test_bad_arguments_are_refused(call):
    with pytest.raises(ValueError, match=r"must|has no|die"):
        call()
