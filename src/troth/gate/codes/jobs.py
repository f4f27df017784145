"""Codes are kept for a day."""

from ..schedule.leases import every
from .codes import forget_old

every("codes", hours=1)(forget_old)
