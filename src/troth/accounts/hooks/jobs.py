"""Companies' servers, told by the clock."""

from troth.gate.schedule.leases import every

from .sending import send_due


@every("hooks", seconds=5)
def send() -> int:
    """Tell what is due."""
    return send_due()
