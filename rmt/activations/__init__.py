"""Activation functions with their derivatives, in linear and in logarithmic form.

``get(name)`` hands out a frozen :class:`Activation`; ``custom`` makes one from a user's function and derivative and checks
the two against each other once.

>>> from rmt import activations
>>> activations.names()[:4]
('tanh', 'erf', 'unit_erf', 'hard_tanh')
>>> float(activations.get("tanh").log_abs_derivative(1e4))  # the derivative itself underflows
-19998.613705638...

"""

from rmt.activations.activation import Activation, custom
from rmt.activations.catalogue import get, leaky_relu, names

__all__ = ["Activation", "custom", "get", "leaky_relu", "names"]
