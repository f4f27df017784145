"""What is new in the log is counted every ten minutes."""

from troth.gate.schedule.leases import every

from .counting import count_new

every("transfers", minutes=10)(count_new)
