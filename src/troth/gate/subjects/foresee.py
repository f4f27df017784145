"""What an erasure would do, counted from the declarations; nothing is opened."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from ..journal.models import Share, Untold
from .fields import ConcernsField, OnErase
from .heirs import heir_of
from .models import PersonalModel
from .register import hanging_on, privacy, title, touching
from .terms import floors, keep_rules, last_end

WORDS = {
    OnErase.DELETE: "goes with you",
    OnErase.BLANK: "stays; what it says about you is taken out",
    OnErase.CUT: "stays; it no longer names you",
}


@dataclass(frozen=True, slots=True)
class Line:
    """Rows of one kind: how many, what becomes of them, until when the rest stays, and the clause that keeps it."""

    title: str
    count: int
    what: str
    until: datetime | None = None
    clause: str = ""


@dataclass(frozen=True, slots=True)
class Foreseen:
    """What goes now, what stays because a clause keeps it, and what becomes of rows shared with others."""

    goes: list[Line] = field(default_factory=list)
    stays: list[Line] = field(default_factory=list)
    shared: list[Line] = field(default_factory=list)


def foresee(subject: UUID) -> Foreseen:
    """Count what an erasure of the subject would do."""
    seen = Foreseen()
    for model, name in touching(subject):
        link = model._meta.get_field(name)
        if isinstance(link, ConcernsField):
            _shared(model, link, subject, seen)
        else:
            _own(model, subject, seen)
    if uses := Share.objects.filter(subject=subject.hex).exclude(entry__in=Untold.now()).count():
        seen.goes.append(Line("Record of uses", uses, "the log keeps a blind number for each"))
    return seen


def together(lines: Iterable[Line]) -> list[Line]:
    """Lines that differ in nothing but their count, as one."""
    found: dict[Line, int] = {}
    for line in lines:
        kind = replace(line, count=0)
        found[kind] = found.get(kind, 0) + line.count
    return [replace(kind, count=count) for kind, count in found.items()]


def _own(model: type[PersonalModel], subject: UUID, seen: Foreseen) -> None:
    rows = model.every.filter(owner=subject)
    handed = [row.pk for row in rows if heir_of(row)] if privacy(model, "heir", "") else []
    if handed:
        seen.shared.append(Line(title(model), len(handed), "stays with those who share it"))
        rows = rows.exclude(pk__in=handed)
    if count := rows.count():
        seen.goes.append(Line(title(model), count, "goes now"))
        _hanging(model, rows, subject, seen)


def _hanging(model: type[PersonalModel], rows: Any, subject: UUID, seen: Foreseen) -> None:
    """What others keep with rows that go, and that makes no sense without them."""
    for other, link, is_needed in hanging_on(model):
        if is_needed:
            theirs = other.every.filter(**{f"{link}__in": rows.values("pk")})
            if count := theirs.exclude(owner=subject).count():
                seen.goes.append(Line(title(other), count, "goes with what it belongs to"))
            _hanging(other, theirs, subject, seen)


def _shared(model: type[PersonalModel], link: ConcernsField, subject: UUID, seen: Foreseen) -> None:
    rows = model.every.filter(**{link.name: subject}).exclude(owner=subject)
    count = rows.count()
    if not count:
        return
    if clause := privacy(model, "stays", ""):
        seen.stays.append(
            Line(title(model), count, WORDS[link.on_erase], _until(model, rows, clause), clause)
        )
    else:
        seen.shared.append(Line(title(model), count, WORDS[link.on_erase]))


def _until(model: type[PersonalModel], rows: Any, clause: str) -> datetime | None:
    """When the last of the rows ends by the clause's own `keep`, and no sooner than a legal hold of it allows."""
    ends = [last_end(rows, rule) for rule in keep_rules(model) if rule[1].clause == clause]
    holds = [last_end(rows, rule) for rule in floors(model) if rule[1].clause == clause]
    first = min((end for end in ends if end), default=None)
    return max((end for end in (first, *holds) if end), default=None)
