"""Partners are told within ten minutes or so of what was withdrawn or erased."""

from troth.gate.schedule.leases import every

from .flows import tell_partners

every("endings", minutes=10)(tell_partners)
