"""Run by itself: a house of its own, one large file, its export.  Prints by how many bytes memory rose at most."""

import os
import sys
import tracemalloc
from collections.abc import Iterator
from pathlib import Path

MEGABYTE = 1 << 20


def built(home: Path) -> None:
    """Keys, stores, log and statement in a folder."""
    os.environ |= {
        "TROTH_HOME": str(home),
        "DJANGO_SETTINGS_MODULE": "troth.config.settings",
        "TROTH_MAIL_HELD": "1",
    }
    for name in ("TROTH_DATABASE_URL", "TROTH_KEYS_DATABASE_URL", "TROTH_KEYS", "TROTH_TOMBSTONES"):
        os.environ.pop(name, None)
    import troth.config  # noqa: F401 - chooses the SQLite library
    from troth.gate.keystore.beginning import begin

    begin(home / "keys", home / "keys" / "tombstones")
    import django

    django.setup()
    from django.core.management import call_command

    from troth.gate.journal.integrating import begin_log

    for store in ("default", "keys"):
        call_command("migrate", database=store, interactive=False, verbosity=0)
    begin_log()


def noise(megabytes: int) -> Iterator[bytes]:
    """So many megabytes that nothing can pack."""
    for _ in range(megabytes):
        yield os.urandom(MEGABYTE)


def main() -> None:
    home, megabytes = Path(sys.argv[1]), int(sys.argv[2])
    built(home)
    from troth.gate.export import exporting, preparing
    from troth.gate.export.models import Export
    from troth.gate.files import stored
    from troth.gate.subjects.models import DataSubject, Kind
    from troth.gate.uses import SYSTEM, Actor, using

    owner = DataSubject.begin(Kind.PERSON).pk
    with using("answering-requests", by=SYSTEM, at="request-desk"):
        stored.write(
            owner, "large.bin", "application/octet-stream", noise(megabytes), "requests.request-text"
        )
    export = exporting.ask_for(owner, [], [], Actor("data-subject", owner))
    tracemalloc.start()
    before, _ = tracemalloc.get_traced_memory()
    assert preparing.prepare_one()
    seen = sum(map(len, exporting.open_stream(Export.objects.get(pk=export.pk))))
    _, most = tracemalloc.get_traced_memory()
    assert seen > megabytes * MEGABYTE
    print(most - before)


if __name__ == "__main__":
    main()
