"""Stable laws in ball arithmetic (python-flint): two formulas that share nothing, each with its error.

``zolotarev`` is a proof: the positive integrals over the angle (Nolan, Commun. Statist. Stochastic Models 13, 1997), enclosed by
adaptive integration with balls, the ends cut off enclosed by monotony. ``inversion`` integrates the characteristic function
along a ray (or for a distant point the rest beside the pure oscillation) and encloses all but the ends, which are cut where the
integrand is below the goal. Parameters are the exact doubles, x the S0 coordinate.
"""

import math

from flint import acb, arb, ctx

GOAL = 72  # bits of the results
EVALUATIONS = 40_000  # an integral that needs more is refused


class Refused(ArithmeticError):
    """A formula that does not serve a point; the message says why."""


def _integral(function, low, high, goal, tolerance):
    found = acb.integral(
        function, low, high, rel_tol=arb(2) ** -goal, abs_tol=tolerance, eval_limit=EVALUATIONS, deg_limit=200
    )
    if not found.is_finite():
        raise Refused("no enclosure within the limit of evaluations")
    return found


def constants(alpha, beta, positive):
    """zeta, eta = atan zeta, P(X < zeta) and the logarithm of cos(eta)^(1/alpha) of a law with alpha != 1."""
    if alpha < 1 and abs(beta) == 1:
        eta = -arb.pi() * alpha / 2 * beta
    elif alpha > 1 and abs(beta) == 1:
        eta = arb.pi() * (2 - alpha) / 2 * beta
    else:
        eta = (-beta * (arb.pi() * alpha / 2).tan()).atan()
    zeta = arb(0) if positive or beta == 0 else eta.tan()
    return zeta, eta, arb(0.5) + eta / (arb.pi() * alpha), arb(0) if positive else eta.cos().log() / alpha


def integrand(kind, log_g, minimum):
    """G exp(m - G), exp(m - G) or 1 - exp(-G); a wide ball of ln G (G would lose its sign) is answered by a bound of the modulus.

    With |arg G| <= t < pi/2 the modulus of exp(-G) is at most exp(-|G| cos t).
    """
    if log_g.real.rad() < 0.1 and log_g.imag.rad() < 0.1:
        g = log_g.exp()
        if kind == "complement":
            return -(-g).expm1()
        e = (minimum - g).exp()
        return g * e if kind == "density" else e
    turn = arb(log_g.imag.abs_upper())
    if log_g.real.upper() < -1:  # |exp(-G) - 1| < 2 |G|, whatever the argument
        bound = 2 * arb(log_g.real.upper()).exp()
        middle, factor = (1 if kind == "straight" else 0), arb(1) if kind == "complement" else minimum.exp()
        return factor * (acb(middle) + acb(arb(0, bound.upper()), arb(0, bound.upper())))
    if not turn < 1.5:
        return acb("nan")
    lowest, highest = arb(log_g.real.lower()).exp(), arb(log_g.real.upper()).exp()
    decay, middle = (minimum - lowest * turn.cos()).exp(), 0
    if kind == "density":
        bound = decay * (lowest if lowest * turn.cos() > 1 else highest)
    else:
        bound, middle = decay, 0 if kind == "straight" else 1
    return acb(middle) + acb(arb(0, bound.upper()), arb(0, bound.upper()))


class Angle:
    """ln G of the logit s of the angle, on the side x > zeta (alpha = 1: beta > 0).

    G = (x - zeta)^(alpha/(alpha - 1)) V with V of Nolan's paper, in three forms of the same function whose balls stay narrow:
    as it stands; next to alpha = 1 with ln(1 + eps R)/eps (``_near_one``); on a side without a heavy part with quotients of
    sin(z)/z (``_light``), which stand still at the end where G has its minimum.
    """

    def __init__(self, alpha, beta, x, positive):
        pi, eps = arb.pi(), alpha - 1
        self.alpha, self.beta, self.x, self.eps = alpha, beta, x, eps
        self.rising = alpha <= 1
        self.light = beta == 1 if alpha <= 1 else beta == -1
        self.minimum = arb(0)
        if alpha == 1:
            self.form, self.width, self.below, self.prefactor = self._at_one, pi, arb(0), pi / (2 * beta)
            if self.light:
                self.minimum = 2 / pi * (-1 - pi * x / 2).exp()
            return
        zeta, eta, self.below, log_sc = constants(alpha, beta, positive)
        start, y = -eta / alpha, x - zeta
        self.width = pi / 2 + start
        self.prefactor = alpha / abs(eps) / y
        self.power = alpha / eps
        self.constant = self.power * (y.log() + log_sc)
        self.turn = pi / 2 + alpha * start + eps * pi / 2
        self.form = self._plain
        if self.light:
            self.below = arb(0) if self.rising else self.below
            root = (y.log() + log_sc - alpha.log()) * self.power
            self.minimum = abs(eps) * root.exp()
            self.form = self._light
        if abs(eps) < (0.01 if self.light else 0.1) and not positive:
            self.b = beta * eps / (pi * eps / 2).tan()
            self.hypot = (eps * eps + self.b * self.b).sqrt()
            self.form = self._near_one

    def angles(self, s):
        """Angles from both ends of the curve, d(angle)/ds, and which of the ends is nearer."""
        second = (s.real if isinstance(s, acb) else s).mid() > 0
        e = (-s if second else s).exp()
        inverse = 1 / (1 + e)
        near, far = self.width * e * inverse, self.width * inverse
        return (far, near, near * inverse, True) if second else (near, far, near * inverse, False)

    def log_g(self, s, analytic=False):
        d, chi, weight, second = self.angles(s)
        log = (lambda z: z.log(analytic=analytic)) if isinstance(s, acb) else (lambda z: z.log())
        return self.form(d, chi, second, log), weight

    def _at_one(self, d, chi, second, log):
        if self.light and not second:
            sinc = d.sinc()
            return log(2 / (arb.pi() * sinc)) - d.cos() / sinc - arb.pi() * self.x / 2
        p = arb.pi() / 2 * (1 - self.beta) + self.beta * d
        sine, cosine = (chi.sin(), chi.cos()) if second else (d.sin(), -d.cos())
        return log(2 * p / (arb.pi() * sine)) + (p * cosine / sine - arb.pi() * self.x / 2) / self.beta

    def _plain(self, d, chi, second, log):
        sine = chi.sin()
        return (
            self.constant
            + self.power * log(sine / (self.alpha * d).sin())
            + log((self.turn - self.eps * chi).sin() / sine)
        )

    def _light(self, d, chi, second, log):
        """The angle z from the end with the minimum: G = y^power (sin z/sin alpha z)^power sin |eps| z/sin z."""
        if second == self.rising:
            return self._plain(d, chi, second, log)
        z = d if self.rising else chi
        sinc = z.sinc()
        first = self.constant + self.power * (log(sinc / (self.alpha * z).sinc()) - self.alpha.log())
        return first + log(abs(self.eps) * (self.eps * z).sinc() / sinc)

    def _near_one(self, d, chi, second, log):
        phi, eps, b = arb.pi() / 2 - chi, self.eps, self.b
        half, wide = (eps * phi / 2).sin(), (self.alpha + 1) * phi / 2
        n = 2 * half * (wide.cos() + b * wide.sin() / eps) + phi.sin() - self.x * phi.cos()
        under = self.hypot * (self.alpha * d).sin() * (1 if self.rising else -1)
        p, small = self.hypot * (self.turn - eps * chi).sin() / abs(eps), eps * n / under
        close = abs((small.real if isinstance(small, acb) else small).mid()) < 0.5
        log_r = log(1 + small if close else (b - eps * self.x) * chi.sin() / under) / eps
        return log_r + log((b - eps * self.x) * p / under)


def _range(curve, centre, first, kind, least):
    """Ends of the integral of a kind over s where what lies beyond is known to ``least``, and the sum of what lies beyond."""

    def beyond(s, small):
        g = curve.log_g(arb(s))[0].exp()
        rest = curve.angles(arb(s))[0 if small == curve.rising else 1]
        decay = (curve.minimum - g).exp()
        if kind == "density":
            low, high = arb(0), g if small else g * decay
        elif kind == "straight":
            low, high = (decay, arb(1)) if small else (arb(0), decay)
        else:
            low, high = (arb(0), g) if small else (1 - decay, arb(1))
        return (rest * low).union(rest * high), g

    ends, total = [], arb(0)
    for small in (True, False):
        s, step = centre, first if small == curve.rising else -first
        for _ in range(300):
            s -= step
            step = max(-8.0, min(8.0, 1.3 * step))
            known, g = beyond(s, small)
            # G exp(m - G) is monotone beyond only if G > 1
            if known.rad() < least and (small or g > 1):
                break
        else:
            raise Refused("no end of the curve found")
        ends.append(s)
        total += known
    return min(ends), max(ends), total


def _centre(curve):
    """Where G = 1 (light: one above its minimum), to a few per cent."""
    low, high = -3000.0, 3000.0
    far = 50 + (1 + curve.minimum).log()
    for _ in range(200):
        s = 0.5 * (low + high)
        log_g = curve.log_g(arb(s))[0]
        # where a distance has no digits left it is far outside: there the end decides
        above = (s > 0) == curve.rising
        if log_g > far:
            above = True
        elif log_g.is_finite():
            g = log_g.exp() - curve.minimum
            if g > 0.9 and g < 1.1:
                break
            above = g > 1
        low, high = (low, s) if above == curve.rising else (s, high)
    return s


def zolotarev(alpha, beta, x, positive=False, only_density=False):
    """(pdf, cdf, ccdf) as balls, or pdf alone; x inside the support."""
    ctx.prec = 400 + 2 * abs(math.frexp(float(x))[1])
    return _zolotarev(arb(alpha), arb(beta), arb(x), positive, only_density)


def _zolotarev(alpha, beta, x, positive, only_density=False):
    if positive and alpha > 0.9:  # as the one-sided law in S0
        zeta, _, _, log_sc = constants(alpha, beta, False)
        if only_density:
            return _zolotarev(alpha, beta, zeta + x / log_sc.exp(), False, True) / log_sc.exp()
        f, lower, upper = _zolotarev(alpha, beta, zeta + x / log_sc.exp(), False)
        return f / log_sc.exp(), lower, upper
    zeta = arb(0) if alpha == 1 else constants(alpha, beta, positive)[0]
    if beta == 0 and x == 0:
        return (1 + 1 / alpha).gamma() / arb.pi(), arb(0.5), arb(0.5)
    if (alpha == 1 and beta < 0) or (alpha != 1 and x < zeta and not positive):
        f, lower, upper = _zolotarev(alpha, -beta, -x, False)
        return f, upper, lower
    curve = Angle(alpha, beta, x, positive)
    if not curve.minimum < 1e5:
        raise Refused("the logarithm of the density is below -1e5")
    s0 = _centre(curve)
    d, chi, weight, _ = curve.angles(arb(s0))
    h = arb(2) ** -40
    slope = abs(curve.log_g(arb(s0) + h)[0] - curve.log_g(arb(s0) - h)[0]) / (2 * h)
    scale, first = weight * (1 / slope).min(arb(1)), min(0.5, 1 / float(slope))
    tiny = arb(2) ** -(GOAL + 8)

    def total(kind, size):
        low, high, ends = _range(curve, s0, first, kind, size * tiny)

        def function(s, analytic):
            log_g, weight = curve.log_g(s, analytic)
            return integrand(kind, log_g, curve.minimum) * weight

        return _integral(function, low, high, GOAL, size * tiny).real + ends

    near_small, near_large = (d, chi) if curve.rising else (chi, d)
    f = total("density", scale * (1 + curve.minimum))
    factor = (-curve.minimum).exp()
    f *= curve.prefactor * factor / arb.pi()
    if only_density:
        return f
    straight = total("straight", scale if curve.light else near_small) * factor
    other = curve.width - straight
    if not (other.is_finite() and other.rel_accuracy_bits() > 64):
        other = total("complement", near_large)
    pi = arb.pi()
    lower, upper = (straight, other) if curve.rising else (other, straight)
    return f, curve.below + lower / pi, upper / pi


def inversion(alpha, beta, x, first, positive=False):
    """(pdf, cdf, ccdf) from the characteristic function along u = e^t e^(-i omega); ``first`` is what is to be confirmed.

    Far out the pure oscillation exp(-iux), which carries no density, is taken off. Next to alpha = 1 the ray follows the sign of
    the S0 coordinate and the exponent may grow in the end; the way back to the real line beyond the cut is as small as the cut.
    """
    ctx.prec = 400 + 2 * abs(math.frexp(float(x))[1])
    exact = float(alpha)
    if positive:
        zeta, _, _, log_sc = constants(arb(alpha), arb(beta), False)
        sc = log_sc.exp()
        f, lower, upper = _inversion(exact, arb(beta), zeta + arb(x) / sc, (first[0] * sc, *first[1:]))
        return f / sc, lower, upper
    return _inversion(exact, arb(beta), arb(x), first)


def _inversion(exact, beta, x, first):
    alpha, eps, close = arb(exact), arb(exact) - 1, abs(exact - 1) < 0.06
    zeta = arb(0) if exact == 1 else constants(alpha, beta, False)[0]
    if x < (arb(0) if close else zeta):
        f, lower, upper = _inversion(exact, -beta, -x, (first[0], first[2], first[1]))
        return f, upper, lower
    shifted = x if close else x - zeta
    if close:
        omega = arb(0) if x < 4 else arb.pi() / 4
    else:
        omega = ((arb.pi() / 2 + zeta.atan()) / alpha / 2).min(arb.pi() / 2)
    far = shifted > (10.0 if exact > 1 else 10.0 ** min(1 / exact, 300.0))
    size = float(-first[0].log() / arb(2).log())
    base = float((1 + alpha) * shifted.log() / arb(2).log()) if far else 0.0
    if size - base > 1500:
        raise Refused("too light a tail for the second formula")
    ctx.prec = 300 + int(max(0.0, size - base))
    turn = acb(0, -omega)
    growth = 2 * beta / arb.pi() if exact == 1 else zeta
    i = acb(0, 1)

    def rest(log_u, u):
        if exact == 1:
            return -u * (1 + i * growth * log_u)
        if close:
            return -(alpha * log_u).exp() - i * growth * u * (eps * log_u).expm1()
        return -(alpha * log_u).exp() * (1 + i * growth)

    def function(kind):
        def at(t, _):
            log_u = t + turn
            u = log_u.exp()
            value = (
                (-i * u * shifted).exp() * rest(log_u, u).expm1() if far else (rest(log_u, u) - i * u * shifted).exp()
            )
            return value * u if kind == "density" else value

        return at

    def cut(at, real_part_is_free, least, start):
        low, high = start, start
        # of the tail only the imaginary part converges at 0
        while not (abs(at(acb(low), False) - 1) if real_part_is_free else abs(at(acb(low), False))) < least:
            low -= 2
            if low < -4000:
                raise Refused("no lower end")
        while not abs(at(acb(high), False)) < least:
            high += 0.125
            if high > start + 900:
                raise Refused("no upper end")
        return low - 1, high

    tiny, results = arb(2) ** -(GOAL + 6), []
    start = float(-shifted.log()) if shifted > 1 else 0.0
    for kind, wanted in (("density", first[0]), ("tail", first[1].min(first[2]))):
        least = wanted * tiny
        at = function(kind)
        low, high = cut(at, kind == "tail" and not far, least, start)
        found = _integral(at, low, high, ctx.prec, least)
        results.append((found.real if kind == "density" else found.imag) / arb.pi())
    upper = results[1] if far else arb(0.5) - omega / arb.pi() + results[1]
    return results[0], 1 - upper, upper
