"""Lines go when they have stood for thirty days; who was in a room is forgotten within ten minutes or so."""

from troth.gate.schedule.leases import every

from .flows import delete_old, tidy

every("chat-lines", hours=1)(delete_old)
every("presences", minutes=10)(tidy)
