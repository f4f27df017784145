"""Recipients are written to, reminded and found late by the clock."""

from ..schedule.leases import every
from .sending import tell

every("telling", seconds=5)(tell)
