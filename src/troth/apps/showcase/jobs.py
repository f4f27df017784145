"""What is permitted and does not stand yet is put up every ten minutes; logos go with their texts."""

from troth.gate.schedule.leases import every

from .flows import publish_waiting, tidy

every("publications", minutes=10)(publish_waiting)
every("logos", hours=1)(tidy)
