"""Measures that are over go after a day, lines of the file after a week."""

from troth.gate.schedule.leases import every

from . import measures, noting


@every("measures", hours=1)
def tidy() -> int:
    """Returns how many measures and lines went."""
    return measures.tidy() + noting.cut_log()
