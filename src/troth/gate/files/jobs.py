"""Files that no row names any more are taken away; whole ones go to the provider, where there is one."""

from ..schedule.leases import every
from . import away
from .stored import sweep

every("files", minutes=10)(sweep)
every("carrying", seconds=5)(away.carry)
every("objects", hours=1)(away.sweep)
