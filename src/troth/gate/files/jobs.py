"""Files that no row names any more are taken away."""

from ..schedule.leases import every
from .stored import sweep

every("files", minutes=10)(sweep)
