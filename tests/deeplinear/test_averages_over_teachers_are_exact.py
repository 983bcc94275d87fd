"""Averages over a linear teacher are exact at finite size; the kernel of rectified units is a second moment."""

import numpy as np
import pytest
from statistical import assert_mean

from rmt.deeplinear import linear_kernel, relu_heuristic, relu_kernel, teacher_student_curve


def test_values_of_the_note():
    under = teacher_student_curve(500, 1000, 1000, 1, label_noise=0.3, limit=True)
    assert (float(under.r0), float(under.u)) == pytest.approx((1.18, 1.0577747210701756), rel=1e-8)
    assert (float(under.bias_squared), float(under.variance)) == pytest.approx((0.59, 0.5288873605), rel=1e-8)
    assert float(under.error) == pytest.approx(1.1188873605, rel=1e-8)
    noisy = teacher_student_curve(500, 1000, 1000, 1, label_noise=0.3, limit=True, noisy_test_labels=True)
    assert float(noisy.error) == pytest.approx(1.2088873605, rel=1e-8)
    narrow = teacher_student_curve(
        600, 1000, 200, 2, sigma=1.2, teacher_std=1.5, label_noise=0.4, fresh=0.1, limit=True
    )
    assert float(narrow.u) == pytest.approx(1.368014143121526, rel=1e-8)
    assert (float(narrow.bias_squared), float(narrow.variance)) == pytest.approx((0.258, 0.1077962513), rel=1e-8)
    finite = teacher_student_curve(40, 100, 100, 1, label_noise=0.3)
    assert (float(finite.r0), float(finite.bias_squared)) == pytest.approx((1.152542372881, 0.661016949153), rel=1e-10)
    with pytest.raises(ValueError, match="examples = 100 is too near input_dimension = 99"):
        teacher_student_curve(100, 99, 50, 1)


@pytest.mark.parametrize(("P", "N0", "fresh"), [(20, 50, 1.0), (20, 50, 0.3), (60, 30, 1.0), (60, 30, 0.2)])
def test_bias_and_strength_are_exact_averages(P, N0, fresh, rng):
    curve = teacher_student_curve(P, N0, 50, 1, sigma=1.2, teacher_std=1.5, label_noise=0.4, fresh=fresh)
    bias, strength = [], []
    for _ in range(600):
        X, w = rng.standard_normal((P, N0)), 1.5 * rng.standard_normal(N0)
        y = X @ w / np.sqrt(N0) + 0.4 * rng.standard_normal(P)
        X_test = np.sqrt(1 - fresh) * X + np.sqrt(fresh) * rng.standard_normal((P, N0))
        fitted = np.linalg.pinv(X) @ y
        bias.append(np.mean((X_test @ fitted - X_test @ w / np.sqrt(N0)) ** 2))
        K0 = linear_kernel(X, input_variance=1.44)
        strength.append(y @ np.linalg.pinv(K0, hermitian=True) @ y / P)
    assert_mean(bias, float(curve.bias_squared), detects=0.2 * float(curve.bias_squared))
    assert_mean(strength, float(curve.r0), detects=0.2 * float(curve.r0))


def test_arc_cosine_kernel_is_the_second_moment_of_rectified_features(rng):
    X = rng.standard_normal((2, 5))
    w = rng.standard_normal((400_000, 5))
    features = np.maximum(w @ X.T / np.sqrt(5), 0.0)
    K = relu_kernel(X, depth=1)
    for i, j in ((0, 0), (0, 1)):
        assert_mean(features[:, i] * features[:, j], K[i, j], detects=0.02)
    assert np.diag(relu_kernel(X, depth=3)) == pytest.approx(np.sum(X**2, axis=1) / 5 / 8)
    assert relu_heuristic(X, [1.0, 2.0], X, 5, 1.0, 0.1).heuristic
