"""Invitations are sent as they come in; friends are forgotten in the same run."""

from troth.gate.schedule.leases import every

from .sending import send_due

every("invitations", seconds=1)(send_due)
