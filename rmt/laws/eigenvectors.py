r"""Law of the eigenvector weights of a product of heavy-tailed layers, independent ensemble.

At modulus rank F the chain has the value tau at the node where the vector lives, and site by site, up to a common factor,

.. math:: |R_i|^2 \sim \frac{d_L^2 S}{1 + \tau d_L^2 d_0^2 S S'} g, \qquad
    |L_i|^2 \sim \frac{d_0^2 S'}{1 + \tau d_L^2 d_0^2 S S'} g' ,

S and S' standard positive stable of index a_L and a_1, d_L and d_0 the diagonal factors on either side of the node, g
exponential (complex eigenvalues) or chi-squared (real ones). Derivation: docs/theory/eigenvectors.md.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from rmt._checks import check_array, check_choice, check_integer, check_real
from rmt._random import RandomState, generator
from rmt._results import Result
from rmt.laws._local_moments import SIDES, LocalLaw, log_gaussian_factor
from rmt.laws.chain import Chain
from rmt.laws.layers import Layer
from rmt.localisation import vector_moments
from rmt.stable import PositiveStable

__all__ = ["EigenvectorLaw", "VectorPrediction"]

Array = NDArray[np.float64]
FIELDS = ("complex", "real")
SITES_AT_ONCE = 4_000_000


@dataclasses.dataclass(frozen=True)
class VectorPrediction(Result):
    r"""Predicted dimensions of vectors with n sites at rank F, from sampling the local law.

    Attributes
    ----------
    q, dimension, stderr, alpha, f : ndarray, (m,)
        ``stderr`` is the sampling error; it falls like the inverse root of ``vectors``.
    participation, participation_stderr : float
        :math:`\exp(-\langle \ln P_2 \rangle)` (typical) or :math:`1/\langle P_2 \rangle` (average).
    n, vectors : int
    F : float or tuple
    side, field, mean : str
    """

    q: Array
    dimension: Array
    stderr: Array
    alpha: Array
    f: Array
    participation: float
    participation_stderr: float
    n: int
    vectors: int
    F: Any
    side: str
    field: str
    mean: str


class EigenvectorLaw:
    r"""Law of the eigenvector weights of A_L ... A_1 (times D_0), A_l = D_l W_l, all factors independent, N large.

    Parameters
    ----------
    layers : Layer or sequence of Layer
        In order of action; shapes must multiply to 1. One layer is D W.
    side : {"right", "left", "biorthogonal"}
        Weights :math:`|R_i|^2`, :math:`|L_i|^2` or :math:`|L_i R_i|`, each divided by its sum.
    input_profile : None, tuple or object
        Profile of a diagonal factor D_0 right of the first matrix, as in ``RadialLaw``: W D is
        ``EigenvectorLaw(Layer(alpha, sigma_w), input_profile=D)``.

    Attributes
    ----------
    kind : str
        ``"ergodic"``: D_q -> 1 for q > 0, with the amplitudes of `amplitude`. ``"frozen"``: sites without feedback (d = 0 on the
        other side) have weights with tail x^-a, so D_q -> (a - q)/(a (1 - q)) for q < a and 0 above, at every modulus.
        ``"frozen (logarithmic)"``: d has no atom at 0, but is so often close to it that the mean weight is carried by sites
        of probability below 1e-4, as for tanh: the frozen exponents, reached with corrections (ln n)^-alpha.
    a : float
        Index alpha/2 of the stable variable in the numerator, the tail index of the frozen side.

    Raises
    ------
    ValueError
        For another side or shapes that do not close.

    Notes
    -----
    Right vectors of W D and left vectors of D W are the frozen ones; the opposite side and the biorthogonal weights are ergodic.
    Derived (not proved); checked against diagonalisation at N = 400 to 1000, see docs/guide/localisation.md. For vectors of a
    network (D made by the same W) it is not the law.

    Examples
    --------
    >>> from rmt.laws import EigenvectorLaw, Layer
    >>> law = EigenvectorLaw(Layer(1.0))
    >>> print(round(law.amplitude(2, 0.5), 4))
    9.7215
    >>> EigenvectorLaw(Layer(1.5, profile=([0.0, 1.0], [0.5, 0.5])), side="left").kind
    'frozen'
    """

    def __init__(
        self, layers: Layer | Iterable[Layer] | Chain, side: str = "right", *, input_profile: object = None
    ) -> None:
        self.side = check_choice("side", side, SIDES)
        self.chain = layers if isinstance(layers, Chain) else Chain(layers, input_profile=input_profile)
        self.layers = self.chain.layers
        if not self.chain.is_closed:
            raise ValueError(
                f"layers have N_L/N_0 = {self.chain.widths[-1]:.12g}: eigenvectors need shapes that multiply to 1"
            )
        self._local = LocalLaw(
            side,
            a=self.layers[-1].a,
            b=self.layers[0].a,
            last=self.layers[-1].log_profile,
            first=self.chain.input_profile,
        )
        self.kind, self.a = self._local.kind, self._local.index
        self.atom_at_zero = self.chain.atom_at_zero

    def log_tau(self, F: ArrayLike) -> Any:
        """ln tau at the node of the vectors.

        Parameters
        ----------
        F : array_like
            Rank of the modulus among all eigenvalues, in (fraction of zero eigenvalues, 1).

        Returns
        -------
        float or ndarray, the shape of `F`
        """
        rank = check_array("F", F).reshape(np.shape(F))
        if (rank <= self.atom_at_zero).any() or (rank >= 1.0).any():
            raise ValueError(
                f"F = {F!r} must be in ({self.atom_at_zero:g}, 1): the vector of an eigenvalue that is not zero"
            )
        values = self.chain.closed_log_tau((1.0 - rank) / (1.0 - self.atom_at_zero))[..., -1].reshape(rank.shape)
        return float(values) if np.ndim(F) == 0 else values

    def log_moment(self, q: float, log_tau: float, *, dps: int | None = None) -> Any:
        r"""ln M_q, the moment :math:`E h^q` of the local law (without the factor g) at a given :math:`\ln\tau`.

        Parameters
        ----------
        q : float
            Real power; > 0 with `dps`.
        log_tau : float
            From `log_tau`, or any real number.
        dps : int, optional
            Evaluate the same integral in mpmath to this many digits.

        Returns
        -------
        float, or an mpmath number with `dps`

        Raises
        ------
        ValueError
            Where the moment is infinite.

        Examples
        --------
        >>> from rmt.laws import EigenvectorLaw, Layer
        >>> print(EigenvectorLaw(Layer(2.0)).log_moment(1.0, 0.0, dps=15))  # h = 1/(1 + tau)
        -0.693147180559945
        """
        self._refuse_frozen()
        power, x = check_real("q", q), check_real("log_tau", log_tau)
        if dps is None:
            return self._local.log_moment(power, x)
        check_real("q", q, low=0.0, low_open=True)
        return self._local.log_moment_multiprecision(power, x, check_integer("dps", dps, low=5))

    def log_amplitude(self, q: ArrayLike, F: float, field: str = "complex") -> Any:
        r"""ln A_q with :math:`A_q = \lim N^{q-1} \langle \sum_i p_i^q \rangle = c_q M_q / M_1^q`; 0 at q = 1.

        Parameters
        ----------
        q : array_like
            Real powers. Negative ones down to the power at which the moment diverges, see Raises.
        F : float
            Rank of the modulus.
        field : {"complex", "real"}
            Complex eigenvalues (:math:`|{\rm Im}| \gg N^{-1/2} |\lambda|`) or real ones.

        Returns
        -------
        float or ndarray, the shape of `q`

        Raises
        ------
        ValueError
            On the frozen side, where the mean weight is infinite, and for q at or below the least possible power.

        Notes
        -----
        Tested to 1e-10 against 30-digit Mellin-Barnes integrals and closed forms at F -> 0 and alpha = 2.
        """
        self._refuse_frozen()
        check_choice("field", field, FIELDS)
        x = self.log_tau(check_real("F", F))
        powers = check_array("q", q)
        one = self._local.log_moment(1.0, x)
        values = np.array([self._local.log_moment(p, x) - p * one + self._gaussian(p, field) for p in powers.ravel()])
        values[powers.ravel() == 1.0] = 0.0
        return float(values[0]) if np.ndim(q) == 0 else values.reshape(np.shape(q))

    def _refuse_frozen(self) -> None:
        if self.kind != "ergodic":
            raise ValueError(
                f"side = {self.side!r}: these vectors are {self.kind}, their mean weight is infinite and A_q does not exist; "
                "use frozen_dimension for the limit or dimension(n, q, F) at finite n"
            )

    def _gaussian(self, q: float, field: str) -> float:
        return log_gaussian_factor(q, field, pair=self.side == "biorthogonal")

    def amplitude(self, q: ArrayLike, F: float, field: str = "complex") -> Any:
        r""":math:`A_q = \lim N^{q-1} E \sum_i p_i^q`; N / A_2 is the participation number.

        Parameters
        ----------
        q, F, field
            As for `log_amplitude`.

        Returns
        -------
        float or ndarray, the shape of `q`

        Raises
        ------
        ValueError
            As `log_amplitude`.

        Notes
        -----
        When A_2 / N is not small (large F) the weights of finite vectors are far from this limit: use `dimension`.
        """
        values = np.exp(self.log_amplitude(q, F, field))
        return float(values) if np.ndim(q) == 0 else values

    def log_amplitude_slope(self, F: float, field: str = "complex") -> float:
        r"""Limit of :math:`\ln A_q / (q - 1)` at q = 1: ln N minus the mean Shannon entropy of the weights.

        Parameters
        ----------
        F, field
            As for `log_amplitude`.

        Returns
        -------
        float
        """
        # ln A_q vanishes at q = 1: Richardson's extrapolation of symmetric differences, error below 1e-11.
        steps = 0.04 / 2.0 ** np.arange(4)
        up, down = (self.log_amplitude(1.0 + sign * steps, F, field) for sign in (1, -1))
        table = (up - down) / (2.0 * steps)
        for order in range(1, 4):
            table = (4.0**order * table[1:] - table[:-1]) / (4.0**order - 1.0)
        return float(table[0])

    def ergodic_dimension(self, n: int, q: ArrayLike, F: float, field: str = "complex") -> Any:
        r"""Leading finite-size dimension :math:`1 - \ln A_q / ((q - 1) \ln n)` of an ergodic side.

        Parameters
        ----------
        n : int
            Number of sites.
        q, F, field
            As for `log_amplitude`.

        Returns
        -------
        float or ndarray, the shape of `q`
        """
        log_n = np.log(check_integer("n", n, low=2))
        powers = check_array("q", q).reshape(np.shape(q))
        logs = np.asarray(self.log_amplitude(q, F, field))
        slope = self.log_amplitude_slope(F, field) if (powers == 1.0).any() else 0.0
        values = 1.0 - np.where(powers == 1.0, slope, logs / np.where(powers == 1.0, 1.0, powers - 1.0)) / log_n
        return float(values) if np.ndim(q) == 0 else values

    def frozen_dimension(self, q: ArrayLike) -> Any:
        r"""Limit n -> infinity of D_q for q >= 0: 1 on the ergodic side, else (a - q)/(a (1 - q)) below q = a and 0 above.

        Parameters
        ----------
        q : array_like
            Real, >= 0.

        Returns
        -------
        float or ndarray, the shape of `q`
        """
        powers = check_array("q", q).reshape(np.shape(q))
        if (powers < 0).any():
            raise ValueError(f"q = {powers.min()} must be >= 0")
        if self.kind == "ergodic":
            values = np.ones(powers.shape)
        else:
            below = np.where(powers < self.a, powers, 0.0)
            values = np.where(powers < self.a, (self.a - below) / (self.a * (1.0 - below)), 0.0)
        return float(values) if np.ndim(q) == 0 else values

    def sample(
        self, n: int, F: ArrayLike, vectors: int = 1, *, field: str = "complex", rng: RandomState = None
    ) -> Array:
        r"""Synthetic vectors: n independent sites each, amplitudes whose squares are proportional to the weights.

        Parameters
        ----------
        n : int
            Number of sites, >= 2.
        F : float or array_like (vectors,)
            Rank of the modulus, one for all or one for each vector.
        vectors : int
            How many.
        field : {"complex", "real"}
            Law of the factor g.
        rng : seed or Generator

        Returns
        -------
        ndarray, (n, vectors)
            Real amplitudes >= 0, columns scaled to a largest component of 1. Their phases are not modelled. Weights below
            1e-600 of the largest, which saturated tanh units have, come out as exact zeros: they matter for q <= 0 only.

        Notes
        -----
        Vectors of one real matrix share S and S' site by site; these are independent, which is right for means over many
        matrices and too optimistic for errors: bootstrap measured data over realisations.
        """
        check_integer("n", n, low=2)
        check_integer("vectors", vectors, low=1)
        check_choice("field", field, FIELDS)
        random = generator(rng)
        x = np.broadcast_to(np.asarray(self.log_tau(F)), (vectors,))
        shape = (n, vectors)
        log_s, log_t = (_log_stable(index, shape, random) for index in (self._local.a, self._local.b))
        log_last, log_first = (_draw_profile(profile, shape, random) for profile in self._local.profiles)
        feedback = np.logaddexp(0.0, x + log_s + log_t + 2.0 * (log_last + log_first))
        if self.side == "right":
            logs = 2.0 * log_last + log_s - feedback
        elif self.side == "left":
            logs = 2.0 * log_first + log_t - feedback
        else:
            logs = log_last + log_first + 0.5 * (log_s + log_t) - feedback
        log_g = _log_gaussian(field, shape, random)
        if self.side == "biorthogonal":
            log_g = 0.5 * (log_g + _log_gaussian(field, shape, random))
        logs = logs + log_g
        return np.exp(0.5 * (logs - logs.max(axis=0)))

    def prediction(
        self,
        n: int,
        q: ArrayLike,
        F: float | tuple[float, float],
        *,
        field: str = "complex",
        mean: str = "typical",
        vectors: int | None = None,
        rng: RandomState = None,
    ) -> VectorPrediction:
        r"""Dimensions of vectors with n sites: the estimator of `rmt.localisation` on samples of the local law.

        Parameters
        ----------
        n : int
            Number of sites.
        q : array_like, (m,)
            Finite real powers.
        F : float or (low, high)
            Rank of the modulus, or a bin in which it is uniform.
        field : {"complex", "real"}
        mean : {"typical", "average"}
            :math:`\langle \ln P_q \rangle` or :math:`\ln \langle P_q \rangle`.
        vectors : int, optional
            Sampled vectors, >= 2; by default 4e6 / n, between 100 and 4000.
        rng : seed or Generator

        Returns
        -------
        VectorPrediction

        Raises
        ------
        ValueError
            For F outside its range, n < 2 or q that is not finite.

        Examples
        --------
        >>> from rmt.laws import EigenvectorLaw, Layer
        >>> found = EigenvectorLaw(Layer(2.0)).prediction(1000, [2.0], 0.5, rng=1)
        >>> print(f"{found.dimension[0]:.3f}")
        0.900
        """
        check_integer("n", n, low=2)
        check_choice("mean", mean, ("typical", "average"))
        count = (
            int(np.clip(SITES_AT_ONCE // n, 100, 4000)) if vectors is None else check_integer("vectors", vectors, low=2)
        )
        grid = np.atleast_1d(check_array("q", q))
        random = generator(rng)
        step = max(1, SITES_AT_ONCE // (4 * n))
        parts = []
        for start in range(0, count, step):
            now = min(step, count - start)
            ranks = F if np.ndim(F) == 0 else self._inside(F, now, random)
            parts.append(
                vector_moments(
                    self.sample(n, ranks, now, field=field, rng=random), np.append(grid, 2.0), zeros="support"
                )
            )
        logs = np.concatenate([part.log_moments for part in parts], axis=1)
        entropy = np.concatenate([part.entropy() for part in parts], axis=1)
        strength = -np.concatenate([part.mean_logs for part in parts], axis=1)
        powers = np.append(grid, 2.0)
        if mean == "average":
            entropy, strength = _averaged(powers, logs, entropy, strength)
        centre, error = entropy.mean(axis=1), entropy.std(axis=1, ddof=1) / np.sqrt(count)
        alpha = strength.mean(axis=1)
        log_n = np.log(n)
        return VectorPrediction(
            q=grid,
            dimension=centre[:-1] / log_n,
            stderr=error[:-1] / log_n,
            alpha=alpha[:-1] / log_n,
            f=((1.0 - grid) * centre[:-1] + grid * alpha[:-1]) / log_n,
            participation=float(np.exp(centre[-1])),
            participation_stderr=float(np.exp(centre[-1]) * error[-1]),
            n=n,
            vectors=count,
            F=F,
            side=self.side,
            field=field,
            mean=mean,
        )

    def _inside(self, F: Any, count: int, random: np.random.Generator) -> Array:
        low, high = (check_real("F", end, low=0.0, high=1.0) for end in F)
        low = max(low, self.atom_at_zero)
        if not low < high:
            raise ValueError(f"F = {F!r} must be a bin (low, high) that reaches above {self.atom_at_zero:g}")
        return low + (high - low) * (1.0 - random.random(count) * (1.0 - 1e-12)) * (1.0 - 1e-12)

    def dimension(
        self,
        n: int,
        q: ArrayLike,
        F: float | tuple[float, float],
        *,
        field: str = "complex",
        mean: str = "typical",
        vectors: int | None = None,
        rng: RandomState = None,
    ) -> Any:
        """Finite-n prediction of D_q: `prediction(...).dimension`, a float for a scalar q.

        Parameters
        ----------
        n, q, F, field, mean, vectors, rng
            As for `prediction`.

        Returns
        -------
        float or ndarray, (m,)
        """
        found = self.prediction(n, q, F, field=field, mean=mean, vectors=vectors, rng=rng).dimension
        return float(found[0]) if np.ndim(q) == 0 else found


def _averaged(q: Array, logs: Array, entropy: Array, strength: Array) -> tuple[Array, Array]:
    """Per-vector numbers whose mean over vectors is ln<P_q>/(1-q) (linearised for the error) and the weighted strength."""
    top = special.logsumexp(logs, axis=1, keepdims=True) - np.log(logs.shape[1])
    ratio = np.exp(logs - top)
    one = (q == 1.0)[:, None]
    averaged = (top + ratio - 1.0) / np.where(one, 1.0, 1.0 - q[:, None])
    return np.where(one, entropy, averaged), ratio * strength


def _log_stable(a: float, shape: tuple[int, int], random: np.random.Generator) -> Array | float:
    """ln S of index a; S = 1 at a = 1."""
    return 0.0 if a == 1.0 else PositiveStable(a).sample_log(shape, rng=random)


def _draw_profile(profile: tuple[Array, Array], shape: tuple[int, int], random: np.random.Generator) -> Array | float:
    """ln d, -inf for a dead unit."""
    log_values, weights = profile
    if log_values.size == 1 and weights[0] == 1.0:
        return float(log_values[0])
    place = np.searchsorted(np.cumsum(weights), random.random(shape), side="right")
    return np.append(log_values, -np.inf)[place]


def _log_gaussian(field: str, shape: tuple[int, int], random: np.random.Generator) -> Array:
    """ln g: exponential for complex vectors, chi-squared with one degree for real ones."""
    if field == "complex":
        return np.log(random.standard_exponential(shape))
    return 2.0 * np.log(np.abs(random.standard_normal(shape)))
