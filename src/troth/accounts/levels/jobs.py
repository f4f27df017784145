"""The floor, looked at by the clock: it is raised in a file, while nobody of ours is there."""

from troth.gate.schedule.leases import every

from .choosing import tell_of_floor


@every("floors", minutes=10)
def tell() -> int:
    """Tell whose choice the floor was raised above."""
    return tell_of_floor()
