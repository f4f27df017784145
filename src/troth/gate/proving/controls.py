"""The gate's own controls: sealed columns, bytes on disk, the log, and what may never leave."""

from collections.abc import Iterator
from pathlib import Path

from django.apps import apps
from django.conf import settings
from django.db import models

from troth.engine.policy import Permit
from troth.engine.seal import SealBroken, header_of

from ..journal import log
from ..journal.models import Entry
from ..published import statement
from ..registry import serves
from ..subjects.models import PersonalModel
from ..subjects.register import declared_clear, personal_models
from ..uses import SYSTEM, using
from .answers import Finding, allowing, broken, control, kept

PURPOSE = serves("proving-the-statement")
SAMPLE = 40
"""Rows of each model that a run opens to look for their values in the clear."""
SHORTEST = 8
"""Values shorter than this occur by chance."""
CHUNK = 1 << 20
PROMOTION, ALLOWING = "third-party-promotion", "share.joint-offers"


@control("security.measures")
def sealed_is_sealed() -> Finding:
    """Sealed columns hold ciphertext, no opened value lies in clear in any file or column, and the log is whole."""
    count, bare = _columns()
    if bare:
        return broken(
            f"{len(bare)} {'value' if len(bare) == 1 else 'values'} not sealed",
            f"in clear where a sealed value belongs: {'; '.join(bare[:5])}",
        )
    values = _sample()
    places = _files(values) + _texts(values)
    if places:
        return broken(f"personal data in clear in {len(places)} files or columns", "; ".join(places[:5]))
    findings = log.verify()
    if findings:
        return broken("the log was altered", "; ".join(map(str, findings[:3])))
    head = log.head()
    return kept(
        f"{count} sealed rows, none in clear",
        f"{len(values)} opened values found in no file and no other column; {len(declared_clear())} columns declared "
        f"clear and listed; {head.size if head else 0} log entries recomputed",
    )


def _columns() -> tuple[int, list[str]]:
    """How many sealed values there are, and which are none: `model.column`, never the value."""
    count, bare = 0, []
    for model in personal_models():
        for value in (
            model.objects.exclude(sealed=None).values_list("sealed", flat=True).iterator(chunk_size=500)
        ):
            count += 1
            try:
                header_of(bytes(value))
            except SealBroken:
                bare.append(f"{model._meta.label}.sealed")
    return count, bare


def _sample() -> set[bytes]:
    """Values of the newest rows of each model, opened on the ground that clause security.measures gives."""
    found: set[bytes] = set()
    with using(PURPOSE, by=SYSTEM) as use:
        for model in personal_models():
            for row in model.objects.exclude(sealed=None).order_by("-id")[:SAMPLE]:
                found.update(_telling(model, row, use.permits(row)))
    return found


def _telling(model: type[PersonalModel], row: PersonalModel, permitted: frozenset[str]) -> Iterator[bytes]:
    for name in permitted:
        value = getattr(row, name)
        if isinstance(value, str) and len(value) >= SHORTEST:
            # A long text is looked for by a piece of it: a copy cut off in a log is a copy too.
            yield value.encode()[:40]


def _files(values: set[bytes]) -> list[str]:
    """Files under TROTH_HOME (databases, write-ahead logs, logs, spools) that hold one of the values."""
    home = Path(settings.TROTH_HOME)
    # The company's own file names the addresses of its staff and of its recipients' desks.
    files = [
        path
        for path in sorted(home.rglob("*"))
        if path.is_file() and home / "static" not in path.parents and path != home / "company.toml"
    ]
    return [str(path.relative_to(home)) for path in files if _holds(path, values)]


def _holds(path: Path, values: set[bytes]) -> bool:
    longest = max(map(len, values), default=1)
    tail = b""
    with path.open("rb") as file:
        while block := file.read(CHUNK):
            data = tail + block
            if any(value in data for value in values):
                return True
            tail = data[-longest:]
    return False


def _texts(values: set[bytes]) -> list[str]:
    """Text columns of any table, third parties' too, that hold one of the values: also where no file is ours to read."""
    found = []
    for model in apps.get_models():
        for field in model._meta.concrete_fields:
            if isinstance(field, models.CharField | models.TextField) and not field.choices:
                texts = model._base_manager.exclude(**{field.name: ""}).values_list(field.name, flat=True)
                if any(
                    any(value in text.encode() for value in values)
                    for text in texts.iterator(chunk_size=500)
                    if text
                ):
                    found.append(f"{model._meta.label}.{field.name}")
    return found


@control("share.no-promotion")
def nothing_for_promotion() -> Finding:
    """No disclosure for others' promotion but by the clause on joint offers, and the gate refuses a planted one."""
    policy = statement.current()
    purposes = {
        name for name in policy.purposes if name == PROMOTION or policy.purposes[name].top == PROMOTION
    }
    made = Entry.objects.filter(kind=4, purpose__in=purposes)
    wrong = [row.id for row in made.exclude(clauses=ALLOWING).only("id", "seq")]
    if wrong:
        return broken(f"{len(wrong)} disclosures for promotion", f"entries {', '.join(wrong[:3])}")
    opened = {clause for purpose in purposes for clause in allowing(policy, "share", purpose)}
    unwanted = {clause for clause in opened - {ALLOWING} if not clause.startswith("share.legal")}
    planted = policy.decide("share", "contact.email", PROMOTION, "partner")
    if unwanted or isinstance(planted, Permit):
        return broken(
            "the statement lets data go for promotion",
            f"opened by {', '.join(sorted(unwanted)) or 'the table'}",
        )
    total = Entry.objects.filter(kind=4).count()
    return kept(
        f"0 of {total} disclosures",
        f"a planted one is refused under {planted.clause}; only {ALLOWING} may open it",
    )
