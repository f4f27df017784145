"""A page of 100 records and one record found by its e-mail address, among those of ever more other workspaces."""

import math
from collections.abc import Callable

from django.test import Client

from troth.apps.records import grid, looking
from troth.apps.records.flows import unpacked
from troth.apps.records.models import Field
from troth.config import urls
from troth.workspaces.access import enter

from ..browser import signed_in
from ..method import Contender, Measured, by_turns
from ..peers import records_view
from ..peers.models import PlainRecord
from ..report import Section, Target
from .kiln import Kiln, fill, reader, seated
from .unrecorded import without_entries

PLAIN, AUDITED = "the same view on plain models", "the same, inserting one durable audit row"
BARE, WITH = "the page, without the entry", "the page, with the durable entry"
PLAINLY, FOUND, RECORDED = (
    "by a plain index",
    "by blind index, without the entry",
    "by blind index, with the entry",
)


def rows(rounds: int, counts: tuple[int, ...], records: int) -> list[Section]:
    """Both, with so many workspaces of so many records each."""
    urls.urlpatterns[:0] = records_view.urlpatterns
    member, kilns = reader(), list[Kiln]()
    client = signed_in(member.user)
    pages, searches = list[dict[str, Measured]](), list[dict[str, Measured]]()
    for count in counts:
        kilns += fill(count - len(kilns), records)
        if len(pages) == 0:
            seated(member, kilns[0])
        pages.append(by_turns(_pages(client, kilns[0]), rounds))
        searches.append(by_turns(_searches(kilns[0]), rounds))
    return [_page_section(pages, counts, records), _search_section(searches, counts, records)]


def _pages(client: Client, kiln: Kiln) -> list[Contender]:
    real = _page(client, f"/workspaces/{kiln.id}/records/{kiln.collection.pk}/")
    plain, audited = (
        _page(client, f"/bench/records/{kind}/{kiln.id}/{kiln.plain}/") for kind in ("plain", "audited")
    )
    return [
        Contender(PLAIN, plain), Contender(AUDITED, audited), Contender(BARE, real, within=without_entries),
        Contender(WITH, real),
    ]  # fmt: skip


def _page(client: Client, path: str) -> Callable[[], None]:
    def get() -> None:
        answer = client.get(path, secure=True)
        assert answer.status_code == 200, f"{path} answered {answer.status_code}"
        assert answer.content.count(b'name="record"') == grid.PER_PAGE, (
            f"{path} does not show {grid.PER_PAGE} records"
        )

    return get


def _searches(kiln: Kiln) -> list[Contender]:
    with enter(kiln.access):
        fields = list(Field.objects.filter(collection=kiln.collection))
    looked = looking.Looked(conditions=(looking.Condition(fields[1].pk, "is", kiln.email),))

    def ours() -> None:
        with enter(kiln.access):
            (record,) = grid.matching(kiln.collection, fields, looked)[0 : grid.PER_PAGE]
            assert unpacked(record.content)[fields[1].pk] == kiln.email

    def plainly() -> None:
        with records_view.here(kiln.id):
            (record,) = PlainRecord.objects.filter(collection=kiln.plain, email=kiln.email, is_shown=True)[
                : grid.PER_PAGE
            ]
            assert kiln.email in unpacked(record.content).values()

    return [
        Contender(PLAINLY, plainly),
        Contender(FOUND, ours, within=without_entries),
        Contender(RECORDED, ours),
    ]


def _page_section(found: list[dict[str, Measured]], counts: tuple[int, ...], records: int) -> Section:
    last = found[-1]
    return Section(
        f"A page of {grid.PER_PAGE} records among {counts[-1] * records:,} in {counts[-1]:,} workspaces", "a page",
        list(last.values()),
        [
            Target("CPU without the entry, to plain", last[BARE].cpu_ratio(last[PLAIN]), 1.6),
            Target("clock with the entry, to the audited view", last[WITH].ratio(last[AUDITED]), 1.6),
            Target("growth with other workspaces, log-log slope of CPU", _slope(found, BARE, counts), 0.1),
        ],
        [_grown(found, BARE, counts)],
    )  # fmt: skip


def _search_section(found: list[dict[str, Measured]], counts: tuple[int, ...], records: int) -> Section:
    last = found[-1]
    return Section(
        f"One record by its sealed e-mail address among {counts[-1] * records:,}", "a search", list(last.values()),
        [
            Target("CPU without the entry, to a plain index", last[FOUND].cpu_ratio(last[PLAINLY]), 2.5),
            Target("growth with other workspaces, log-log slope of CPU", _slope(found, FOUND, counts), 0.1),
        ],
        [_grown(found, FOUND, counts)],
    )  # fmt: skip


def _grown(found: list[dict[str, Measured]], name: str, counts: tuple[int, ...]) -> str:
    each = (
        f"{each[name].cpu * 1e3:.2f} ms among {count:,}" for each, count in zip(found, counts, strict=True)
    )
    return f"{name}: {', '.join(each)} workspaces"


def _slope(found: list[dict[str, Measured]], name: str, counts: tuple[int, ...]) -> float:
    grown = math.log(found[-1][name].cpu / found[0][name].cpu)
    return grown / math.log(counts[-1] / counts[0])
