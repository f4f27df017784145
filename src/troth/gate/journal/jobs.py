"""The integrator runs every second."""

from ..schedule.leases import every
from .integrating import integrate

every("ledger", seconds=1)(integrate)
