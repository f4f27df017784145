"""Kill the demo at random moments amid uploads, imports, queries and revocations, and look at what is left.

    python scripts/kill_hosting.py [--moments 200] [--seed N] [--clients 6]

Clients (`hosting_clients.py`) work in one workspace over TLS as browsers and scripts do. Server and worker are killed
with SIGKILL, together or alone, now and then with their supervisor, which otherwise starts them again. Ends with 0 when

- no upload ever had less than was acknowledged, every file that was kept is whole, none could be had in half, and no
  bytes lie about that no file names;
- of every import all rows were seen or none, at each moment and at the end; of those that keep the good rows, these;
- every query that was taken ended, with its answer or with a word why not;
- nothing opened any more once it was acknowledged that access was taken back;
- the log was clean after every single moment.

One line of figures is printed. The demo lies in a folder of its own, which is removed at the end.
"""

# The path comes first: the house is imported from here.
# ruff: noqa: E402
from __future__ import annotations

import argparse
import hashlib
import json
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "src")]

from scripts.hosting_clients import Asker, Client, Form, Hosting, Importer, Reader, Sender, Sharer, place
from scripts.storming import (
    drain,
    let_time_pass,
    load,
    moments,
    need,
    serve_impatiently,
    verified,
    wait_while,
    weather,
)
from tests.site.demo import Demo

C = TypeVar("C", bound=Client)
FIELDS = {"Mark": "text", "Number": "number"}


def prepare(demo: Demo) -> Hosting:
    """Alice of the sample makes a workspace and three collections: two to import into, one to share."""
    alice = demo.browser().become("alice")

    def press(path: str, **fields: str) -> str:
        answer = alice.post(path, {**Form(alice.get(path).text, path).fields, **fields})
        need(answer.status == 302, f"`{path}` answered with {answer.status}")
        return place(answer)

    at = Hosting(demo, press("/workspaces/new/", name="Storm", accepts="on"))
    for name in ("First", "Second", "Shared"):
        made = press(at.home + "records/new/", template="nothing", name=name)
        at.collections.append(made.removeprefix(at.home).split("/")[1])
        for field, kind in FIELDS.items():
            press(f"{at.home}records/{at.collections[-1]}/fields/new/", name=field, kind=kind, finding="none")
    return at


def crew(at: Hosting, number: int, seed: int) -> list[Client]:
    """So many clients: of each kind one, then senders and importers."""
    makers: list[Callable[[int], Client]] = [
        lambda each: Sender(at, each), lambda each: Importer(at, each, collection=at.collections[0]),
        lambda each: Sharer(at, each), lambda each: Asker(at, each), lambda each: Reader(at, each),
        lambda each: Importer(at, each, collection=at.collections[1]),
    ]  # fmt: skip
    return [makers[turn % len(makers)](seed * 100 + 10 * turn) for turn in range(number)]


def of(clients: Sequence[Client], kind: type[C]) -> list[C]:
    """Those of one kind."""
    return [each for each in clients if isinstance(each, kind)]


def kept(clients: Sequence[Client], kind: type[Client]) -> dict[str, dict[str, Any]]:
    """What was acknowledged to those of one kind."""
    return {key: dict(each) for client in of(clients, kind) for key, each in list(client.kept.items())}


def look(at: Hosting, clients: Sequence[Client], what: str, when: float) -> None:
    """After a kill: nobody met damage, no import is half there; what a killed worker held is given up."""
    from django.db import connections

    from troth.apps.queries.models import Run
    from troth.apps.queries.running import LOST_AFTER
    from troth.apps.records.models import Import
    from troth.workspaces.hosted import opened

    raise_damage(clients)
    with opened(UUID(at.workspace)):
        if what != "server":
            killed = datetime.fromtimestamp(when, UTC)
            Run.objects.filter(state=Run.State.RUNNING, began_at__lt=killed).update(
                began_at=killed - LOST_AFTER
            )
            Import.objects.exclude(held_until=None).update(held_until=None)
    connections.close_all()


class Watcher:
    """Whoever counts the rows of each import all the while: there are all of them, or none."""

    def __init__(self, at: Hosting, clients: Sequence[Client]) -> None:
        self.at, self.clients = at, clients
        self.damage: Exception | None = None

    def run(self, stop: threading.Event) -> None:
        """Count until told to stop, or until some are there and others not."""
        from django.db import connections

        from troth.workspaces.hosted import opened

        while not stop.wait(0.1) and self.damage is None:
            try:
                with opened(UUID(self.at.workspace)):
                    self._count()
            except Exception as error:  # noqa: BLE001 - it ends the storm, not only this thread
                self.damage = error
            finally:
                connections.close_all()

    def _count(self) -> None:
        for key, mine in list(kept(self.clients, Importer).items())[-6:]:
            shown = len(records(UUID(key), is_shown=True))
            need(shown in (0, whole(mine)), f"{shown} of {whole(mine)} rows of an import are there")


def raise_damage(clients: Sequence[Client | Watcher]) -> None:
    """What a client met ends the storm."""
    for client in clients:
        if client.damage is not None:
            raise client.damage


def records(imported: UUID, **wanted: Any) -> list[UUID]:
    """The ids of the records that came of an import, in the open workspace."""
    from troth.apps.records.models import Import, Record

    ids = Import(pk=imported).record_ids
    return list(Record.objects.filter(pk__range=ids, **wanted).order_by("pk").values_list("pk", flat=True))


def whole(mine: dict[str, Any]) -> int:
    """How many records an import makes, if any."""
    if mine["keeps"]:
        return int(mine["total"]) - int(mine["bad"])
    return 0 if mine["bad"] else int(mine["total"])


def settle(at: Hosting) -> None:
    """Wait until the worker has done all that it was given."""
    from troth.apps.queries.models import Run
    from troth.apps.records.importing import OPEN
    from troth.apps.records.models import Import
    from troth.workspaces.hosted import opened

    drain()
    with opened(UUID(at.workspace)):
        busy = Import.objects.filter(state__in=OPEN[1:]) | Import.objects.filter(is_clearing=True)
        wait_while(
            lambda: sum(each.total - each.done if each.total else 10**6 for each in busy.all()),
            "rows never came",
        )
        going = Run.objects.filter(state__in=(Run.State.WAITING, Run.State.RUNNING))
        wait_while(going.count, "queries never ended")


def check_imports(clients: Sequence[Client]) -> Counter[str]:
    """Each import left what was promised, in the open workspace and a use.  Raises `Damage`."""
    from troth.apps.records.models import Import, Record

    told, rows = Counter[str](), {row.pk: row for row in Import.objects.all()}
    for key, mine in kept(clients, Importer).items():
        row, made = rows.get(UUID(key)), records(UUID(key))
        need(row is not None, "an acknowledged import is lost")
        state = row.state if row else ""
        need(state != "mapping" or "started" not in mine, "an import was started and is not")
        need(state in ("done", "refused", "stopped", "undone", "mapping"), f"an import is {state}")
        need("undone" not in mine or state == "undone", "an import was undone and is not")
        need(state == "done" or not made, f"an import is {state} and left {len(made)} records")
        need(
            state != "refused" or (mine["bad"] and not mine["keeps"]), "an import without a fault was refused"
        )
        need(
            state != "stopped" or row is None or row.why in ("asked", "failed"), "an import stopped by itself"
        )
        told["given up" if row and row.why == "failed" else state] += 1
        if state != "done":
            continue
        need(len(made) == whole(mine), f"{len(made)} of {whole(mine)} rows of an import are there")
        held = Record.objects.filter(pk__in=made[:1] + made[-1:] if len(made) > 1000 else made, is_shown=True)
        marks = Counter(str(value) for each in held for value in json.loads(each.content).values())
        told["rows"] += len(made)
        good = {f"{mine['name']}-{number}" for number in range(mine["total"] - mine["bad"])}
        found = {mark for mark in marks if "-" in mark}
        need(
            found <= good and (len(made) > 1000 or found == good),
            "an import kept other rows than the good ones",
        )
    return told


def check_files(at: Hosting, clients: Sequence[Client]) -> Counter[str]:
    """Each file that was kept is there once and whole, and no bytes lie about.  Raises `Damage`."""
    from troth.apps.files.models import Document
    from troth.gate.files import disk, stored
    from troth.gate.files.models import StoredFile

    documents = list(Document.objects.all())
    there = [(str(each.name), str(each.pk)) for each in documents]
    names, promised = Counter(name for name, _ in there), kept(clients, Sender)
    need(max(names.values(), default=1) == 1, "a file is there twice")
    lost = [name for name, mine in promised.items() if not names[name] and "deleted" not in mine]
    need(not lost, f"{len(lost)} acknowledged files are lost")
    back = [name for name, mine in promised.items() if names[name] and "deleted" in mine]
    need(not back, f"{len(back)} deleted files are there again")
    alice = at.demo.browser().become("alice")
    for (name, pk), row in zip(there, documents, strict=True):
        answer = alice.get(f"{at.home}files/{pk}/download/")
        if row.is_gone:  # its sender was stopped between the trash and the end
            need(answer.status == 404, "a file in the trash can be had")
            continue
        need(answer.status == 200, f"a file that is there answers {answer.status}")
        need(hashlib.sha256(answer.body).hexdigest() == name[:64], "a file is not what was sent")
    stored.GRACE = 0  # ten minutes later what a kill left of a file is swept
    swept = stored.sweep()
    rows, lying = set(StoredFile.objects.values_list("token", flat=True)), set(disk.tokens(float("inf")))
    need(lying <= rows, "bytes lie about that no file names")
    need(rows <= lying, f"{len(rows - lying)} files have no bytes")
    return Counter(files=len(there), acknowledged=len(promised), swept=swept)


def check_queries(clients: Sequence[Client]) -> Counter[str]:
    """Each query that was taken has ended, with its answer or a word why not.  Raises `Damage`."""
    from troth.apps.queries.models import Answer, Run
    from troth.apps.queries.running import TOO_LONG

    told, asked = Counter[str](), kept(clients, Asker)
    answers = {row.run_id: row for row in Answer.objects.all()}
    for row in Run.objects.all():
        mine, answer = asked.get(str(row.pk), {}), answers.pop(row.pk, None)
        need(row.is_over, "a query goes on for ever")
        need(
            "cancelled" not in mine or row.state in ("cancelled", "done", "failed"),
            "a cancelled query went on",
        )
        need(
            (answer is not None) == (row.state == "done"), f"a query is {row.state} and its answer is not so"
        )
        need(
            not mine or answer is None or f"[{mine['answer']}]" in answer.lines, "a query has a wrong answer"
        )
        need(row.state != "failed" or (row.wrong or "") in ("", TOO_LONG), f"a query failed: {row.wrong}")
        told[row.state if row.state != "failed" else "too long" if row.wrong else "interrupted"] += 1
        asked.pop(str(row.pk), None)
    need(not answers, "an answer belongs to no query")
    need(len(asked) == 0 or sum(told.values()) >= 100, f"{len(asked)} acknowledged queries are lost")
    return told


def check_grants(at: Hosting, clients: Sequence[Client]) -> Counter[str]:
    """No access stands that was taken back.  Raises `Damage`."""
    from troth.workspaces.models import Grant

    told = Counter[str]()
    for client in of(clients, Sharer):
        told += client.counts
        need(
            not client.is_out or not Grant.objects.filter(owner=UUID(at.workspace)), "a grant is there again"
        )
    return told


def counted(at: Hosting, clients: Sequence[Client]) -> Iterator[str]:
    """Promise against fact, by kind, in words.  Raises `Damage`."""
    from troth.workspaces.serving import ServiceJob, serve

    job = ServiceJob(UUID(at.workspace), "storm-check")
    with serve(job):
        files, imports, queries = check_files(at, clients), check_imports(clients), check_queries(clients)
    grants = check_grants(at, clients)
    pieces, read = (sum(each.counts[what] for each in clients) for what in ("pieces", "files read"))
    yield f"{files['acknowledged']} files and {pieces} pieces acknowledged, 0 lost, {files['files']} there and whole"
    yield f"{read} read meanwhile, 0 in half; {files['swept']} left-overs swept"
    rows = imports.pop("rows", 0)
    yield f"imports: {', '.join(f'{imports[word]} {word}' for word in sorted(imports))}; {rows} rows, 0 halves"
    yield f"queries: {', '.join(f'{queries[word]} {word}' for word in sorted(queries))}"
    yield f"{grants['accepted']} times let in, {grants['revoked']} out, 0 looks after"


def storm(demo: Demo, options: argparse.Namespace) -> str:
    """All moments, then the count; the line of figures.  Raises `Damage`."""
    at = prepare(demo)
    clients = crew(at, options.clients, options.seed)
    watcher = Watcher(at, clients)
    with load([*clients, watcher]):
        told = moments(demo, options, lambda what, when: look(at, clients, what, when))
    raise_damage([*clients, watcher])
    let_time_pass()
    look(at, clients, "worker", time.time())
    settle(at)
    figures = "; ".join(counted(at, clients))
    done = sum(len(client.kept) for client in clients)
    need(done >= options.moments // 4, f"only {done} things were acknowledged: that is no load")
    size = verified(demo)
    return f"{told}: {figures}; log of {size} entries clean {options.moments + 1} times; seed {options.seed}"


def main(arguments: list[str]) -> int:
    """Run the storm; 1 with a line that says what was lost, else 0."""
    if arguments[:1] == ["demo"]:
        return serve_impatiently(arguments)
    about = "Kill the demo at random moments amid uploads, imports, queries and revocations."
    return weather(arguments, __file__, about, storm, {"TROTH_MAIL_HELD": "1"}, clients=6)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
