"""Packages are sent to partners who want them sent."""

from troth.gate.schedule.leases import every

from .pushing import push_due

every("partner-pushes", seconds=5)(push_due)
