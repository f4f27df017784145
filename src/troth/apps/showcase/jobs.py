"""What is permitted and does not stand yet is put up every ten minutes."""

from troth.gate.schedule.leases import every

from .flows import publish_waiting

every("publications", minutes=10)(publish_waiting)
