"""Days of visits are counted."""

from troth.gate.schedule.leases import every

from .rollups import count_due

every("visits", minutes=1)(count_due)
