"""Whoever has an account is told of a published version within ten minutes."""

from troth.gate.schedule.leases import every

from .flows import tell_people

every("versions", minutes=10)(tell_people)
