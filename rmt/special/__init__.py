"""Special functions of the theory: H_{a,b} and its relatives on complex sectors, and the Meijer function of Gaussian products."""

from rmt.special.arccosine import arccosine_kernel, arcsine_kernel
from rmt.special.meijer import log_meijerg_q0
from rmt.special.profile_functions import G_d, Psi_d
from rmt.special.stable_functions import H_a, H_ab, ghat, h

__all__ = ["G_d", "H_a", "H_ab", "Psi_d", "arccosine_kernel", "arcsine_kernel", "ghat", "h", "log_meijerg_q0"]
