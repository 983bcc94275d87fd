"""Special functions of the theory: H_{a,b} and its relatives on complex sectors, and the Meijer function of Gaussian products."""

from rmt.special.meijer import log_meijerg_q0
from rmt.special.stable_functions import H_a, H_ab, ghat, h

__all__ = ["H_a", "H_ab", "ghat", "h", "log_meijerg_q0"]
