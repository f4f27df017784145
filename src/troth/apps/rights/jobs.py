"""Requests are carried on every few seconds; reminders are looked for every hour."""

from troth.gate.schedule.leases import every

from .fulfilling import carry_on
from .reminding import remind

every("requests", seconds=5)(carry_on)
every("reminders", hours=1)(remind)
