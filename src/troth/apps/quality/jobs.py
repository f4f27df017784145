"""The built-in check runs by the clock, over those it did not look at for a month."""

from troth.gate.schedule.leases import every

from .proposing import check_due

every("quality", seconds=3600)(check_due)
