"""`python -m bench.exporter OWNER`: one archive of what is held about a subject, in a process of its own, timed there.

Prints the seconds on the clock, those of the CPU, the archive's size, and the most memory it held in bytes.
"""

import sys
import time
from pathlib import Path
from uuid import UUID

import troth.config  # noqa: F401 - chooses the SQLite library before Django loads one


def most_memory() -> int:
    """The peak of this process alone; `ru_maxrss` would count whoever started it, who was larger."""
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM:"))


def main() -> None:
    """Ask for the archive, prepare it, take it away again."""
    import django

    django.setup()
    from troth.gate.export import exporting, preparing
    from troth.gate.export.models import Export
    from troth.gate.uses import Actor

    owner = UUID(sys.argv[1])
    export = exporting.ask_for(owner, [], [], Actor("data-subject", owner))
    cpu, wall = time.process_time(), time.perf_counter()
    preparing.prepare_one()
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    ready = Export.objects.get(pk=export.pk)
    if ready.state != Export.State.READY:
        sys.exit(f"the export is {ready.state}")
    print(wall, cpu, ready.archive.size if ready.archive else 0, most_memory())
    exporting.end(ready, Export.State.EXPIRED)


if __name__ == "__main__":
    main()
