"""`decide` beside pycasbin and cedarpy: the same cells, the same grounds, the same questions."""

from itertools import cycle, islice, product
from random import Random

import casbin
import cedarpy
from casbin.fast_enforcer import FastEnforcer
from casbin.model import FastModel

from troth.engine.policy import Allowing, Facts, Permit, Policy, Reach, build_table

from ..method import Contender, Measured, by_turns
from ..report import Section, Target

SMALL, LARGE = (10, 6, 4), (40, 30, 20)  # categories, purposes, recipients: 240 and 24,000 cells
GROUND = "enquiry"
HELD, NONE = frozenset({GROUND}), frozenset[str]()
Cell = tuple[str, str, str]
Size = tuple[int, int, int]
Question = tuple[str, str, str, frozenset[str]]

CASBIN_MODEL = """
[request_definition]
r = recipient, category, purpose, action, grounds
[policy_definition]
p = recipient, category, purpose, action, ground
[policy_effect]
e = some(where (p.eft == allow))
[matchers]
m = r.recipient == p.recipient && r.category == p.category && r.purpose == p.purpose && r.action == p.action \
 && (p.ground in r.grounds)
"""
INDEXED_BY = [0, 1, 2, 3]
ENFORCER, FAST, CEDAR, DECIDE = "pycasbin Enforcer", "pycasbin FastEnforcer", "cedarpy", "decide"


def rows(rounds: int, large: Size = LARGE) -> list[Section]:
    """Both sizes, and one beside the other."""
    little, few = _contenders(SMALL)
    much, many = _contenders(large)
    one = by_turns(few, rounds)
    other = by_turns(many, max(3, rounds // 3))
    growth = by_turns([_deciding("small", *little), _deciding("large", *much)], rounds * 2)
    return [
        _section(SMALL, one, []),
        _section(
            large,
            other,
            [Target("CPU, large table to small", growth["large"].cpu_ratio(growth["small"]), 1.3)],
        ),
    ]


def _section(size: Size, found: dict[str, Measured], more: list[Target]) -> Section:
    cells = size[0] * size[1] * size[2]
    times = {name: found[name].cpu_ratio(found[DECIDE]) for name in (ENFORCER, FAST, CEDAR)}
    peers = [Target(f"CPU, {name} to decide", ratio, 100, False, ",.0f") for name, ratio in times.items()]
    notes = ["FastEnforcer is pycasbin told to index its policies by all four names"]
    return Section(f"decide, {cells:,} cells", "a decision", list(found.values()), [*peers, *more], notes)


def _names(size: Size) -> list[list[str]]:
    kinds = zip(("category", "purpose", "recipient"), size, strict=True)
    return [[f"{kind}-{number}" for number in range(count)] for kind, count in kinds]


def _questions(cells: list[Cell]) -> list[Question]:
    """Drawn from all over the table; every third lacks its ground."""
    drawn = Random(1).choices(cells, k=3000)
    return [(*cell, NONE if number % 3 == 2 else HELD) for number, cell in enumerate(drawn)]


def _contenders(size: Size) -> tuple[tuple[Policy, list[Question]], list[Contender]]:
    cells: list[Cell] = list(product(*_names(size)))
    policy, questions = _policy(size), _questions(cells)
    slow, fast, cedar = _casbin(cells, indexed=False), _casbin(cells, indexed=True), _cedar(cells)
    for category, purpose, recipient, grounds in questions[:6]:
        expected = isinstance(policy.decide("use", category, purpose, recipient, grounds), Permit)
        asked = (recipient, category, purpose, "use", tuple(grounds))
        answers = (
            slow.enforce(*asked),
            fast.enforce(*asked),
            _ask_cedar(cedar, category, purpose, recipient, grounds),
        )
        assert answers == (expected,) * 3, f"the engines disagree on {asked}: {answers}, not {expected}"
    few = max(2, 4800 // len(cells))
    return (policy, questions), [
        _deciding(DECIDE, policy, questions),
        _asking(ENFORCER, lambda c, p, r, g: slow.enforce(r, c, p, "use", tuple(g)), questions, few),
        _asking(FAST, lambda c, p, r, g: fast.enforce(r, c, p, "use", tuple(g)), questions, 300),
        _asking(CEDAR, lambda *asked: _ask_cedar(cedar, *asked), questions, few * 2),
    ]


def _deciding(name: str, policy: Policy, questions: list[Question]) -> Contender:
    decide = policy.decide

    def run() -> None:
        for category, purpose, recipient, grounds in questions:
            decide("use", category, purpose, recipient, grounds)

    return Contender(name, run, len(questions))


def _asking(name: str, ask: object, questions: list[Question], few: int) -> Contender:
    endless = cycle(questions)

    def run() -> None:
        for question in islice(endless, few):
            ask(*question)  # type: ignore[operator]

    return Contender(name, run, few)


def _policy(size: Size) -> Policy:
    """The table as a statement gives it: a rule names a category, a purpose and its recipients."""
    categories, purposes, recipients = _names(size)
    given, everyone = (frozenset({GROUND}),), frozenset(recipients)
    rules = [
        Allowing(
            "clause", Reach("use", frozenset({c}), frozenset({p}), everyone), given, frozenset(), once=False
        )
        for c, p in product(categories, purposes)
    ]
    return Policy("bench", build_table(rules, []), Facts({}, {}, {}, {}, {}, {}))


def _casbin(cells: list[Cell], *, indexed: bool) -> casbin.Enforcer:
    model = FastModel(INDEXED_BY) if indexed else casbin.Model()
    model.load_model_from_text(CASBIN_MODEL)
    made = FastEnforcer(model, cache_key_order=INDEXED_BY) if indexed else casbin.Enforcer(model)
    # Straight into the model: `add_policies` searches the whole list for each new line.
    for category, purpose, recipient in cells:
        made.model["p"]["p"].policy.append([recipient, category, purpose, "use", GROUND])
    return made


def _cedar(cells: list[Cell]) -> cedarpy.PolicySet:
    return cedarpy.PolicySet.from_str("\n".join(
        f'permit(principal == Recipient::"{r}", action == Action::"use", resource == Category::"{c}")'
        f' when {{ context.purpose == "{p}" && context.grounds.contains("{GROUND}") }};'
        for c, p, r in cells
    ))  # fmt: skip


_NOTHING = cedarpy.Entities.from_json_str("[]")


def _ask_cedar(
    policies: cedarpy.PolicySet, category: str, purpose: str, recipient: str, grounds: frozenset[str]
) -> bool:
    request = {
        "principal": {"type": "Recipient", "id": recipient}, "action": {"type": "Action", "id": "use"},
        "resource": {"type": "Category", "id": category}, "context": {"purpose": purpose, "grounds": list(grounds)},
    }  # fmt: skip
    return cedarpy.is_authorized(request, policies, _NOTHING).allowed
