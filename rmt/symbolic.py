"""Closed forms of the theory as SymPy expressions: give symbols, numbers or both; ``.evalf(30)`` gives digits.

Tests hold them together with the double-precision and the mpmath routes of ``rmt.special`` and ``rmt.laws``.
"""

from __future__ import annotations

from typing import Any

import sympy as sp

from rmt._checks import check_choice, check_integer

__all__ = [
    "cauchy_radial_law",
    "fuss_catalan_edge",
    "fuss_catalan_moment",
    "kappa",
    "mean_log_determinant",
    "meijerg_form",
    "plane_density_at_origin",
    "porter_thomas_moment",
    "raney_moment",
    "raney_s_transform",
    "singular_density_at_origin",
    "singular_tail_constant",
    "tail_constant",
]

Expression = Any


def tail_constant(alpha: Expression) -> Expression:
    r"""C_alpha = (2/pi) Gamma(alpha) sin(pi alpha/2): P(\|X\| > x) ~ C_alpha x^(-alpha) for E exp(itX) = exp(-\|t\|^alpha).

    Parameters
    ----------
    alpha : expression
        Stability index.

    Returns
    -------
    sympy.Expr

    Examples
    --------
    >>> from rmt.symbolic import tail_constant
    >>> tail_constant(1)
    2/pi
    """
    alpha = sp.sympify(alpha)
    return 2 / sp.pi * sp.gamma(alpha) * sp.sin(sp.pi * alpha / 2)


def kappa(alpha: Expression, sigma_w: Expression = 1) -> Expression:
    """sigma_w^alpha Gamma(alpha)/Gamma(alpha/2), the scale of the Laplace exponent of a squared row.

    Parameters
    ----------
    alpha, sigma_w : expression
        Stability index and gain.

    Returns
    -------
    sympy.Expr

    Examples
    --------
    >>> from rmt.symbolic import kappa
    >>> kappa(2, 3), kappa(1)
    (9, 1/sqrt(pi))
    """
    alpha, sigma_w = sp.sympify(alpha), sp.sympify(sigma_w)
    return sigma_w**alpha * sp.gamma(alpha) / sp.gamma(alpha / 2)


def singular_tail_constant(alpha: Expression, sigma_w: Expression = 1, moment: Expression = 1) -> Expression:
    """c with f(s) ~ c s^(-1-alpha) for one square layer: (alpha/2) C_alpha sigma_w^alpha E d^alpha.

    Parameters
    ----------
    alpha, sigma_w : expression
        Stability index and gain.
    moment : expression
        E d^alpha of the profile.

    Returns
    -------
    sympy.Expr

    Examples
    --------
    >>> from rmt.symbolic import singular_tail_constant
    >>> singular_tail_constant(1)
    1/pi
    """
    alpha = sp.sympify(alpha)
    return alpha / 2 * tail_constant(alpha) * sp.sympify(sigma_w) ** alpha * sp.sympify(moment)


def _origin_scale(alpha: Expression, sigma_w: Expression) -> Expression:
    return (sp.gamma(1 + alpha / 2) / kappa(alpha, sigma_w)) ** (1 / alpha)


def singular_density_at_origin(
    alpha: Expression, sigma_w: Expression = 1, inverse_moment: Expression = 1
) -> Expression:
    """f(0) = (2/pi) Gamma(1+2/alpha) (Gamma(1+alpha/2)/kappa)^(1/alpha) sqrt(E d^-2) of one square layer.

    Parameters
    ----------
    alpha, sigma_w : expression
        Stability index and gain.
    inverse_moment : expression
        E d^-2 of the profile.

    Returns
    -------
    sympy.Expr

    Examples
    --------
    >>> from rmt.symbolic import singular_density_at_origin
    >>> singular_density_at_origin(1), singular_density_at_origin(2)
    (2, 2/pi)
    """
    alpha = sp.sympify(alpha)
    scale = _origin_scale(alpha, sigma_w)
    return sp.simplify(2 / sp.pi * sp.gamma(1 + 2 / alpha) * scale * sp.sqrt(sp.sympify(inverse_moment)))


def plane_density_at_origin(alpha: Expression, sigma_w: Expression = 1, inverse_moment: Expression = 1) -> Expression:
    """Eigenvalue density at 0: Gamma(1+2/alpha)^2 (Gamma(1+alpha/2)/kappa)^(2/alpha) E d^-2 / pi.

    Parameters
    ----------
    alpha, sigma_w : expression
        Stability index and gain.
    inverse_moment : expression
        E d^-2 of the profile.

    Returns
    -------
    sympy.Expr

    Examples
    --------
    >>> from rmt.symbolic import plane_density_at_origin
    >>> plane_density_at_origin(1), plane_density_at_origin(2)
    (pi, 1/pi)
    """
    alpha = sp.sympify(alpha)
    scale = _origin_scale(alpha, sigma_w) ** 2
    return sp.simplify(sp.gamma(1 + 2 / alpha) ** 2 * scale * sp.sympify(inverse_moment) / sp.pi)


def mean_log_determinant(alpha: Expression, sigma_w: Expression = 1, mean_log_profile: Expression = 0) -> Expression:
    r"""lim (1/N) ln\|det D W\| = ln sigma_w + E ln d + c_alpha of one square layer.

    c_alpha = (1/alpha) [ln(Gamma(alpha)/(Gamma(alpha/2) Gamma(1+alpha/2))) - 1 + (2-alpha) gamma_E].

    Parameters
    ----------
    alpha, sigma_w : expression
        Stability index and gain.
    mean_log_profile : expression
        E ln d.

    Returns
    -------
    sympy.Expr

    Examples
    --------
    >>> from rmt.symbolic import mean_log_determinant
    >>> mean_log_determinant(2)
    -1/2
    """
    alpha = sp.sympify(alpha)
    ratio = sp.gamma(alpha) / (sp.gamma(alpha / 2) * sp.gamma(1 + alpha / 2))
    constant = (sp.log(ratio) - 1 + (2 - alpha) * sp.EulerGamma) / alpha
    return sp.log(sp.sympify(sigma_w)) + sp.sympify(mean_log_profile) + constant


def _struve_minus_neumann(nu: int, w: Expression) -> Expression:
    """K_nu(w) = StruveH_nu(w) - Y_nu(w) (DLMF 11.2.5; not the modified Bessel function)."""
    # StruveH_nu as a hypergeometric function, so that evalf works for symbols replaced by numbers
    half = sp.Rational(1, 2)
    series = (w / 2) ** (nu + 1) / (sp.gamma(3 * half) * sp.gamma(nu + 3 * half))
    return series * sp.hyper([1], [3 * half, nu + 3 * half], -((w / 2) ** 2)) - sp.bessely(nu, w)


def cauchy_radial_law(w: Expression, sigma_w: Expression = 1) -> dict[str, Expression]:
    r"""The radial law at alpha = 1 in the parameter w in (0, inf), with K_nu = StruveH_nu - Y_nu.

    r = (sigma/2) K_0(w), 1 - F = (pi w/2) K_0(w), rho = [1/(K_1(w) - 2/pi) - w/K_0(w)]/sigma^2.

    Parameters
    ----------
    w : expression
        Parameter; w to 0 is large r.
    sigma_w : expression
        Gain.

    Returns
    -------
    dict
        ``radius``, ``ccdf`` and ``plane_density`` as expressions.

    Examples
    --------
    >>> from rmt.symbolic import cauchy_radial_law
    >>> print(round(float(cauchy_radial_law(1)["radius"]), 12))
    0.240199831416
    """
    w, sigma_w = sp.sympify(w), sp.sympify(sigma_w)
    k0, k1 = _struve_minus_neumann(0, w), _struve_minus_neumann(1, w)
    return {
        "radius": sigma_w / 2 * k0,
        "ccdf": sp.pi * w / 2 * k0,
        "plane_density": (1 / (k1 - 2 / sp.pi) - w / k0) / sigma_w**2,
    }


def raney_moment(p: Expression, r: Expression, n: Expression) -> Expression:
    """Raney number A_n(p, r) = r/(np + r) binomial(np + r, n), the n-th moment of the Raney law mu(p, r).

    Parameters
    ----------
    p, r, n : expression
        Parameters of the law and order of the moment.

    Returns
    -------
    sympy.Expr

    Examples
    --------
    >>> from rmt.symbolic import raney_moment
    >>> [raney_moment(2, 1, n) for n in range(6)]
    [1, 1, 2, 5, 14, 42]
    """
    p, r, n = (sp.sympify(value) for value in (p, r, n))
    return r / (n * p + r) * sp.binomial(n * p + r, n)


def fuss_catalan_moment(depth: Expression, n: Expression) -> Expression:
    """E s^(2n) of a product of ``depth`` square Gaussian layers (variance 1/N): A_n(depth + 1, 1).

    Parameters
    ----------
    depth, n : expression
        Number of layers and order.

    Returns
    -------
    sympy.Expr

    Examples
    --------
    >>> from rmt.symbolic import fuss_catalan_moment
    >>> [fuss_catalan_moment(2, n) for n in range(5)]
    [1, 1, 3, 12, 55]
    """
    return raney_moment(sp.sympify(depth) + 1, 1, n)


def fuss_catalan_edge(depth: Expression) -> Expression:
    """Largest s^2 of a product of ``depth`` square Gaussian layers: (L+1)^(L+1)/L^L.

    Parameters
    ----------
    depth : expression
        Number of layers L.

    Returns
    -------
    sympy.Expr

    Examples
    --------
    >>> from rmt.symbolic import fuss_catalan_edge
    >>> fuss_catalan_edge(1), fuss_catalan_edge(2)
    (4, 27/4)
    """
    depth = sp.sympify(depth)
    return (depth + 1) ** (depth + 1) / depth**depth


def raney_s_transform(p: Expression, r: Expression, z: Expression) -> Expression:
    r"""S-transform of the Raney law mu(p, r): S(z) = ((1+z)^(1/r) - 1)/z * (1+z)^((r-p)/r).

    The moment generating function B_p(x)^r, B_p(x) = 1 + x B_p(x)^p, has psi = B^r - 1, inverse
    chi(z) = ((1+z)^(1/r) - 1)(1+z)^(-p/r), and S = chi (1+z)/z. r = 1, p = L + 1: S = (1+z)^(-L).

    Parameters
    ----------
    p, r, z : expression
        Parameters and argument.

    Returns
    -------
    sympy.Expr

    Examples
    --------
    >>> import sympy as sp
    >>> from rmt.symbolic import raney_s_transform
    >>> sp.simplify(raney_s_transform(4, 1, sp.Symbol("z")))
    (z + 1)**(-3)
    """
    p, r, z = (sp.sympify(value) for value in (p, r, z))
    return ((1 + z) ** (1 / r) - 1) / z * (1 + z) ** ((r - p) / r)


def meijerg_form(a: Expression, b: Expression, X: Expression) -> Expression:
    r"""1 - H_{a,b}(X) for rational a, b as a Meijer G function, by Gauss's multiplication formula.

    With p the smallest integer that makes p/a and p/b integers,

    .. math:: 1 - H_{a,b}(X) = \frac{\sqrt{q_a q_b}}{(2\pi)^{(q_a+q_b-2)/2}}\,
              G\!\left(\frac{X^p\,p^{2p}}{q_a^{q_a} q_b^{q_b}}\right),\qquad q_a = p/a,\ q_b = p/b.

    Parameters
    ----------
    a, b : Rational
        Indices in (0, 1].
    X : expression
        Argument.

    Returns
    -------
    sympy.Expr

    Raises
    ------
    ValueError
        If an index is not rational or outside (0, 1].

    Examples
    --------
    >>> import sympy as sp
    >>> from rmt.symbolic import meijerg_form
    >>> meijerg_form(sp.Rational(1, 2), sp.Rational(1, 2), sp.Symbol("X"))
    meijerg(((0,), ()), ((0, 1/2, 1/2), ()), X/16)/pi
    """
    indices = []
    for name, value in (("a", a), ("b", b)):
        index = sp.nsimplify(value, rational=True) if isinstance(value, float) else sp.sympify(value)
        if not index.is_Rational or not 0 < index <= 1:
            raise ValueError(f"{name} = {value!r} must be a rational number in (0, 1]")
        indices.append(index)
    p = int(sp.ilcm(indices[0].p, indices[1].p))
    qa, qb = int(p / indices[0]), int(p / indices[1])
    one = sp.Integer(1)
    # Gamma(1 + n w) -> prod Gamma(w + (1+k)/n); s = p w
    above = [one * (1 + k) / n for n in (qa, qb) for k in range(n)] + [sp.Integer(0)]
    below = [one * (1 + k) / p for k in range(p)] + [one]
    for value in list(below):
        if value in above:
            above.remove(value)
            below.remove(value)
    first = [1 - one * (1 + k) / p for k in range(p)]
    constant = sp.sqrt(qa * qb) / (2 * sp.pi) ** (sp.Rational(qa + qb - 2, 2))
    argument = sp.sympify(X) ** p * sp.Integer(p) ** (2 * p) / (sp.Integer(qa) ** qa * sp.Integer(qb) ** qb)
    return constant * sp.meijerg([first, sorted(below)], [sorted(above), []], argument)


def porter_thomas_moment(n: Expression, q: Expression, field: str = "real") -> Expression:
    """Mean of sum_i p_i^q for a random unit vector of n components: n Gamma(q+b) Gamma(nb)/(Gamma(b) Gamma(nb+q)).

    Parameters
    ----------
    n, q : expression
        Dimension and order.
    field : {"real", "complex"}
        b = 1/2 or b = 1.

    Returns
    -------
    sympy.Expr

    Raises
    ------
    ValueError
        If ``field`` is another word, or a numeric ``n`` is not a positive integer.

    Examples
    --------
    >>> from rmt.symbolic import porter_thomas_moment
    >>> porter_thomas_moment(1000, 2), porter_thomas_moment(1000, 2, "complex")
    (1/334, 2/1001)
    """
    b = {"real": sp.Rational(1, 2), "complex": sp.Integer(1)}[check_choice("field", field, ("real", "complex"))]
    if isinstance(n, int | float):
        check_integer("n", n, low=1)
    n, q = sp.sympify(n), sp.sympify(q)
    return sp.gammasimp(n * sp.gamma(q + b) * sp.gamma(n * b) / (sp.gamma(b) * sp.gamma(n * b + q)))
