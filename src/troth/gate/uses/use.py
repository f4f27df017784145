"""One use: opens rows, checks each field against the statement, remembers what was touched.

INVARIANT: plaintext lives here and nowhere else.  It is never in a row's `__dict__`, and it is dropped when the use
closes.
"""

import uuid
from collections.abc import Collection, Iterable
from contextvars import ContextVar
from dataclasses import replace
from datetime import datetime
from typing import Any, NoReturn, Protocol

from troth.engine.ledger import Kind
from troth.engine.policy import Permit
from troth.engine.seal import Cipher, SealBroken, SealError, open_row, seal_row

from ..errors import GateError, Refused, SealedError
from ..journal import writing
from ..keystore import keys, limits
from ..published import statement
from . import envelopes, faults
from .actor import Actor, Each, Ground, Row
from .plans import Plan, Plans

_current: ContextVar["Use | None"] = ContextVar("troth_use", default=None)


class Seal(Protocol):
    """A sealed field's declaration (`subjects.fields.Sealed`)."""

    name: str
    category: str


SPENT = "the statement permits this once, and it was done"


class _Opened:
    """A row in a use: its owner and values, which of them this use may show, and what is yet to be sealed."""

    __slots__ = ("blob", "owner", "pending", "plan", "row", "used", "values")

    def __init__(
        self, row: Row, owner: str, values: dict[str, Any], plan: Plan, used: dict[str, str]
    ) -> None:
        self.row = row  # as long as it lives, no other row has its id()
        self.owner = owner
        self.blob = row.sealed
        self.values = values
        self.plan = plan
        self.used = used
        self.pending: dict[str, Any] | None = None


class Use:
    """A purpose, an actor, a ground and (where data comes in) a place; made by `using`."""

    def __init__(
        self, purpose: str, by: Actor, given: Ground | Each | None = None, at: str | None = None
    ) -> None:
        self.policy = statement.current()
        if purpose not in self.policy.purposes:
            raise Refused(f"the statement defines no purpose `{purpose}`")
        self.purpose, self.by, self.given, self.at = purpose, by, given, at
        self.fault: Exception | None = None
        self.closed = False
        self._rows: dict[int, _Opened] = {}
        self._ciphers: dict[str, Cipher] = {}
        self._limits: dict[str, str] = {}
        self.plans = Plans(purpose, by.role, given)
        self._used: dict[str, dict[str, str]] = {}
        self._collected: dict[str, dict[str, str]] = {}
        self._spent: set[writing.Once] = set()
        self._batches: dict[str, dict[str, Any]] = {}
        self._entry = ""

    # -- reading

    def read(self, row: Row, seal: Seal) -> Any:
        """The value of a sealed field.  Raises Refused, Erased, KeyMissing, SealBroken; each poisons the use."""
        opened = self._rows.get(id(row))
        if opened is None or opened.blob is not row.sealed:
            opened = self._open(row)
        name, plan = seal.name, opened.plan
        if opened.pending is not None and name in opened.pending:
            return opened.pending[name]
        clause = plan.permitted.get(name)
        if clause is None:
            self._refuse_reading(row, seal)
        if plan.once and name in plan.once:
            self._spend(row, clause)
        value = opened.values.get(name)
        if value is not None:  # of what nobody gave, nothing was read
            opened.used[seal.category] = clause
        return value

    def preload(self, owners: Iterable[uuid.UUID | None]) -> None:
        """Fetch the keys of a list's owners in one query."""
        wanted = {owner.hex for owner in owners if owner is not None} - self._ciphers.keys()
        try:
            if wanted:
                if self.by.subject is not None:  # whose part of the entry is sealed at the end (`_add_actor`)
                    wanted.add(self.by.subject.hex)
                found, limited = keys.load(wanted)
                self._ciphers.update(found)
                if limited and self.by.role != "data-subject":
                    self._limits |= limits.standing(limited, self.policy, self.purpose)
        except SealError as fault:
            self._fail(fault)

    def is_open_to(self, row: Row) -> bool:
        """Whether the row can be read here; lists leave out one being erased, or whose owner limits this use."""
        self.preload([row.owner_id])
        return self.holds(row.owner_id.hex if row.owner_id is not None else "")

    def holds(self, owner: str) -> bool:
        """Whether the key of a subject was loaded here, and nothing limits this use of theirs."""
        return owner in self._ciphers and owner not in self._limits

    def _open(self, row: Row) -> _Opened:
        if self.closed:
            self._fail(SealedError("this use has ended; read inside it"))
        owner, plan = self._owner(row), self.plans.of(row)
        values = self._unseal(row, owner, plan) if row.sealed is not None else {}
        used = self._used.get(owner)
        if used is None:
            used = self._used[owner] = {}
        opened = self._rows[id(row)] = _Opened(row, owner, values, plan, used)
        return opened

    def _spend(self, row: Row, clause: str) -> None:
        """Count a use that the statement permits once for each subject.  However much one use reads, it is one."""
        once = (self._owner(row), "use", self.purpose, self.by.role)
        if once in self._spent:
            return
        if not writing.spend(once):
            self._fail(Refused(SPENT, clause))
        self._spent.add(once)

    def _owner(self, row: Row) -> str:
        owner = row.owner_id
        if owner is None:
            self._fail(
                GateError(f"a row of `{type(row).__name__}` has no owner; give it one before setting values")
            )
        return owner.hex  # type: ignore[no-any-return]

    def cipher(self, owner: str) -> Cipher:
        """The cipher of a subject.  Raises Erased or KeyMissing."""
        found = self._ciphers.get(owner)
        if found is None:
            self.preload([uuid.UUID(owner)])
            found = self._ciphers.get(owner)
        if found is None:
            try:
                raise keys.absent(owner)
            except SealError as fault:
                self._fail(fault)
        return found

    def adopt(self, owner: uuid.UUID, cipher: Cipher) -> None:
        """Take over the key of a subject that was begun inside this use, without reading it back."""
        self._ciphers[owner.hex] = cipher

    def _unseal(self, row: Row, owner: str, plan: Plan) -> dict[str, Any]:
        cipher = self._ciphers.get(owner) or self.cipher(owner)
        if owner in self._limits:
            self._used.setdefault(owner, {})
            self._fail(Refused(self._limits[owner], limits.CLAUSE))
        try:
            content: dict[str, Any] = open_row(cipher, row.sealed, plan.place(None, row.owner_id, row.id))  # type: ignore[arg-type]
        except SealBroken as broken:
            self._fail(broken)
        return type(row).from_sealed(content) if plan.converts else content  # type: ignore[attr-defined]

    def open_all(self, row: Row) -> dict[str, Any]:
        """Everything in a row's envelope, for the gate's own rooms; what leaves them is decided there."""
        return self._unseal(row, self._owner(row), self.plans.of(row)) if row.sealed is not None else {}

    def note(self, owner: str, category: str, clause: str) -> None:
        """Remember that something of a subject's was opened by one of the gate's own rooms."""
        self.cipher(owner)
        self._used.setdefault(owner, {})[category] = clause

    @property
    def touched(self) -> Collection[str]:
        """The subjects (32 hex digits) of whom something was opened, or was to be."""
        return self._used.keys()

    def release(self, row: Row) -> None:
        """Drop a row's opened values; what was read stays on record.  Long lists stay small."""
        self._rows.pop(id(row), None)

    def permits(self, row: Row) -> frozenset[str]:
        """The sealed fields of a row that this use may read; asking opens nothing."""
        return frozenset(self.plans.of(row).permitted)

    # -- writing

    def write(self, row: Row, seal: Seal, value: Any) -> None:
        """Take a value in at this use's place.  Raises Refused when the statement does not collect it there."""
        if self.closed:
            self._fail(SealedError("this use has ended; write inside it"))
        clause = self._collecting(seal.category)
        opened = self._rows.get(id(row))
        if opened is None or opened.blob is not row.sealed:
            opened = self._open(row)
        if opened.pending is None:
            opened.pending = {}
        opened.pending[seal.name] = value
        self._collected.setdefault(self._owner(row), {})[seal.category] = clause

    def _collecting(self, category: str) -> str:
        for item in self.policy.collects(self.at) if self.at else ():
            if item.category == category:
                return item.clause
        self._fail(Refused(f"no clause collects `{category}` at `{self.at or 'no place'}`"))

    def take(self, owner: str, category: str) -> None:
        """Take in a value that is kept in clear (`Declared`), for a subject in hex.  Raises Refused as `write` does."""
        clause = self._collecting(category)
        self.cipher(owner)
        self._collected.setdefault(owner, {})[category] = clause

    def batch(self, owner: str, count: int, root: bytes) -> str:
        """Say that what is taken in is a batch of navigation data: the id of the entry that will commit to it.

        `root` is taken over the hashes of `count` events of one subject in hex (spec/visit-batch.md).
        """
        self._batches[owner] = {"events": count, "root": root.hex()}
        return self.entry()

    def entry(self) -> str:
        """The id that the next entry of this use will have."""
        self._entry = self._entry or writing.new_id()
        return self._entry

    def pending(self, row: Row) -> dict[str, Any]:
        """Values set on a row and not yet sealed."""
        opened = self._rows.get(id(row))
        return (opened.pending or {}) if opened else {}

    def seal(self, row: Row) -> bytes:
        """The row's new envelope: what it held, with the pending values over it."""
        opened = self._rows[id(row)]
        owner = self._owner(row)
        opened.values = {**opened.values, **(opened.pending or {})}
        opened.pending = None
        opened.blob = seal_row(self.cipher(owner), type(row).to_sealed(opened.values), envelopes.aad(row))  # type: ignore[attr-defined]
        return opened.blob

    # -- what went wrong

    def _refuse_reading(self, row: Row, seal: Seal) -> NoReturn:
        self._used.setdefault(self._owner(row), {})
        policy = statement.policy(row.collected_under) or self.policy
        decision = policy.decide(
            "use", seal.category, self.purpose, self.by.role, self.plans.grounds_for(row, seal.category)
        )
        if isinstance(decision, Permit):
            self._fail(
                Refused(
                    f"the statement this row was collected under (`{row.collected_under}`) is not known here"
                )
            )
        self._fail(Refused(decision.reason, decision.clause))

    def _fail(self, fault: Exception) -> NoReturn:
        self.fault = fault
        faults.note(fault)
        raise fault

    # -- the record

    def take_record(self) -> writing.Row | None:
        """The entry for everything touched since the last record, or None; the buffer is then empty."""
        used = {owner: fields for owner, fields in self._used.items() if fields or self.fault}
        if not used and not self._collected:
            return None
        kind = Kind.REFUSE if self.fault else Kind.COLLECT if self._collected else Kind.USE
        if self._batches and not self.fault:
            kind = Kind.BATCH
        details: list[tuple[str, Cipher, dict[str, Any]]] = []
        for owner in {**used, **self._collected}:
            cipher = self._ciphers.get(owner)
            if cipher is not None:
                detail = self._detail(used.get(owner, {}), self._collected.get(owner, {}))
                detail |= self._batches.pop(owner, {})
                if self.by.subject is not None and owner == self.by.subject.hex:
                    detail["own"] = True
                elif self.by.subject is not None and getattr(self.given, "names_actor_to", None) == uuid.UUID(
                    owner
                ):
                    detail["person"] = self.by.subject.hex
                details.append((owner, cipher, detail))
        clauses = {c for part in (*used.values(), *self._collected.values()) for c in part.values()}
        self._add_actor(details)
        self._forget_touched()
        entry, self._entry = self._entry or writing.new_id(), ""
        row = writing.build(entry, self._facts(kind, clauses), details, bytes.fromhex(self.policy.version))
        if self._spent or self.untold_until is not None:
            return replace(row, spent=tuple(self._spent), untold=self.untold_until)
        return row

    @property
    def untold_until(self) -> datetime | None:
        """Before when nobody may be told of this use: a ground of the law may say so (clause share.legal)."""
        found: datetime | None = getattr(self.given, "untold_until", None)
        return found

    def _detail(self, used: dict[str, str], collected: dict[str, str]) -> dict[str, Any]:
        detail: dict[str, Any] = {
            "used": dict(used),
            "collected": dict(collected),
            "country": self.by.country,
        }
        if self.at:
            detail["place"] = self.at
        if reference := getattr(self.given, "reference", ""):
            detail["ground"] = f"{self.given.ground} {reference}"  # type: ignore[union-attr]
        if self.fault:
            detail["refused"] = type(self.fault).__name__
        return detail

    def _add_actor(self, details: list[tuple[str, Cipher, dict[str, Any]]]) -> None:
        # A member of staff is a data subject too: their own part says what they did and to how many, not to whom.
        if self.by.subject is None or any(owner == self.by.subject.hex for owner, _, _ in details):
            return
        cipher = self._ciphers.get(self.by.subject.hex) or keys.ciphers([self.by.subject.hex]).get(
            self.by.subject.hex
        )
        if cipher is not None:
            details.append((self.by.subject.hex, cipher, {"acted": True, "others": len(details)}))

    def _forget_touched(self) -> None:
        self._collected = {}
        self._used = {owner: {} for owner in self._used}
        for opened in self._rows.values():
            opened.used = self._used[opened.owner]

    def _facts(self, kind: Kind, clauses: Iterable[str]) -> writing.Facts:
        return writing.Facts(
            kind=kind, purpose=self.purpose, top=self.policy.purposes[self.purpose].top,
            clauses=tuple(sorted(clauses)), recipient=self.by.role,
            version=self.policy.version[: statement.SHORT], country=self.by.country,
        )  # fmt: skip

    def close(self) -> None:
        """Drop every opened value."""
        self.closed = True
        self._rows.clear()
        self._ciphers.clear()


def open_use() -> Use | None:
    """The use that is open, if any."""
    return _current.get()


def current_use() -> Use:
    """The use that is open.  Raises SealedError when there is none."""
    use = _current.get()
    if use is None:
        fault = SealedError("no use is open; declare the purpose with `@use(…)` or `with using(…)`")
        faults.note(fault)
        raise fault
    return use
