"""The laws of `decide`, for statements made up at random, against the meaning spelled out cell by cell."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from troth.engine.policy import Deny, Permit, Policy, build_table, decide_under
from troth.engine.policy.facts import Facts
from troth.engine.statement import parse
from troth.engine.statement.names import read_vocabulary
from troth.engine.statement.resolve import resolve

GROUNDS = ("g0", "g1")
HELD = [frozenset(), frozenset({"g0"}), frozenset({"g1"}), frozenset(GROUNDS)]
Parents = dict[str, str | None]


@dataclass(frozen=True)
class Written:
    """One rule, alone in its clause `k.N`."""

    number: int
    verb: str
    categories: tuple[str, ...]
    purposes: tuple[str, ...]
    recipients: tuple[str, ...]
    given: str
    excepts: tuple[int, ...]

    @property
    def clause(self) -> str:
        return f"k.n{self.number}"

    def text(self) -> str:
        head = "limit" if self.verb == "limit" else self.verb
        said = f"{head} use of {', '.join(self.categories)}"
        if self.verb == "limit":
            said += f" to {', '.join(self.purposes)}"
        else:
            said += f" for {', '.join(self.purposes)}" if self.purposes else ""
            said += f" by {', '.join(self.recipients)}" if self.recipients else ""
            said += f" given {self.given}" if self.given else ""
        if self.excepts and self.verb == "allow":
            said += ", except to " + ", ".join(f"k.n{number}" for number in self.excepts)
        return said


@dataclass(frozen=True)
class World:
    categories: Parents
    purposes: Parents
    recipients: Parents
    rules: tuple[Written, ...]

    def cells(self) -> list[tuple[str, str, str]]:
        return list(product(self.categories, self.purposes, self.recipients))

    def policy(self, rules: tuple[Written, ...] | None = None) -> Policy:
        """Compiled without `check`, which would refuse most: the laws hold for contradictions too."""
        document = parse(self.text(self.rules if rules is None else rules))
        vocabulary = read_vocabulary(document)
        assert not vocabulary.problems
        allowed, denied = resolve(document, vocabulary)
        table = build_table([rule.made for rule in allowed], [rule.made for rule in denied])
        return Policy(document.version, table, Facts({}, {}, {}, {}, {}, {}))

    def text(self, rules: tuple[Written, ...]) -> str:
        lines = [f'define ground {name} "g"' for name in GROUNDS]
        for kind, parents in (("purpose", self.purposes), ("recipient", self.recipients)):
            for name, parent in parents.items():
                lines.append(f'define {kind} {name} "x"' + (f" under {parent}" if parent else ""))
        for name in self.categories:
            below = [child for child, parent in self.categories.items() if parent == name]
            lines.append(f'define category {name} "x"' + (f" over {', '.join(below)}" if below else ""))
        clauses = (f"### C {{#{rule.clause}}}\n```rules\n{rule.text()}\n```\n" for rule in rules)
        return "# T\n```rules\n" + "\n".join(lines) + "\n```\n" + "".join(clauses)


@st.composite
def trees(draw: st.DrawFn, letter: str) -> Parents:
    size = draw(st.integers(1, 5))
    names = [f"{letter}{number}" for number in range(size)]
    return {name: draw(st.sampled_from([None, *names[:i]])) for i, name in enumerate(names)}


@st.composite
def worlds(draw: st.DrawFn) -> World:
    categories, purposes, recipients = (draw(trees(letter)) for letter in "cpr")
    size = draw(st.integers(0, 5))

    def some(names: Parents, least: int) -> tuple[str, ...]:
        return tuple(draw(st.lists(st.sampled_from(list(names)), min_size=least, max_size=2, unique=True)))

    rules = []
    for number in range(size):
        verb = draw(st.sampled_from(["allow", "allow", "deny", "limit"]))
        least = 0 if verb == "deny" else 1
        given_text = draw(st.sampled_from(["", "", "g0", "g1", "g0 and g1", "g0, g1"]))
        excepts = tuple(draw(st.lists(st.integers(0, size - 1), max_size=2, unique=True)))
        rules.append(
            Written(
                number,
                verb,
                some(categories, 1),
                some(purposes, least),
                some(recipients, least),
                given_text,
                excepts,
            )
        )
    return World(categories, purposes, recipients, tuple(rules))


def up(name: str, parents: Parents) -> list[str]:
    above = parents[name]
    return [name, *(up(above, parents) if above else [])]


def is_under(name: str, named: tuple[str, ...], parents: Parents) -> bool:
    return bool(set(up(name, parents)) & set(named))


def is_near(name: str, named: tuple[str, ...], parents: Parents) -> bool:
    """At, under or above one of the names; no names means all of them."""
    return not named or is_under(name, named, parents) or any(name in up(each, parents) for each in named)


def holds(rule: Written, held: frozenset[str]) -> bool:
    if not rule.given or rule.verb == "limit":
        return True
    return any(set(group.split(" and ")) <= held for group in rule.given.split(", "))


def covers(rule: Written, cell: tuple[str, str, str], world: World) -> bool:
    return (
        is_under(cell[0], rule.categories, world.categories)
        and is_under(cell[1], rule.purposes, world.purposes)
        and is_under(cell[2], rule.recipients, world.recipients)
    )


def denies(rule: Written, cell: tuple[str, str, str], world: World) -> bool:
    if not is_near(cell[0], rule.categories, world.categories):
        return False
    if rule.verb == "limit":
        return not is_under(cell[1], rule.purposes, world.purposes)
    return is_near(cell[1], rule.purposes, world.purposes) and is_near(
        cell[2], rule.recipients, world.recipients
    )


def permitting(world: World, cell: tuple[str, str, str], held: frozenset[str]) -> list[str]:
    """The clauses that permit the cell, by the meaning as the specification puts it."""
    against = [
        rule
        for rule in world.rules
        if rule.verb != "allow" and holds(rule, held) and denies(rule, cell, world)
    ]
    return sorted(
        rule.clause
        for rule in world.rules
        if rule.verb == "allow"
        and covers(rule, cell, world)
        and holds(rule, held)
        and all(denial.number in rule.excepts for denial in against)
    )


def answers(policy: Policy, world: World) -> dict[tuple[tuple[str, str, str], frozenset[str]], str | None]:
    """For each cell and grounds the clause that permits, or None."""
    found = {}
    for cell, held in product(world.cells(), HELD):
        answer = policy.decide("use", *cell, held)
        found[cell, held] = answer.clause if isinstance(answer, Permit) else None
    return found


@settings(max_examples=80, deadline=None)
@given(worlds())
def test_decide_means_what_the_specification_says(world: World) -> None:
    for (cell, held), clause in answers(world.policy(), world).items():
        assert clause == next(iter(permitting(world, cell, held)), None)


@settings(max_examples=30, deadline=None)
@given(worlds())
def test_what_no_permission_covers_is_denied(world: World) -> None:
    policy = world.policy(tuple(rule for rule in world.rules if rule.verb != "allow"))
    assert set(answers(policy, world).values()) == {None}
    assert isinstance(world.policy().decide("share", *world.cells()[0], HELD[-1]), Deny)


@settings(max_examples=50, deadline=None)
@given(worlds())
def test_denial_wins_over_every_permission_that_is_no_exception_to_it(world: World) -> None:
    by_clause = {rule.clause: rule for rule in world.rules}
    for (cell, held), clause in answers(world.policy(), world).items():
        if clause:
            against = [
                r for r in world.rules if r.verb != "allow" and holds(r, held) and denies(r, cell, world)
            ]
            assert {rule.number for rule in against} <= set(by_clause[clause].excepts)


@settings(max_examples=30, deadline=None)
@given(worlds(), st.data())
def test_a_permission_covers_the_names_below_it_and_only_them(world: World, data: st.DataObject) -> None:
    cell = data.draw(st.sampled_from(world.cells()))
    rule = Written(0, "allow", cell[:1], cell[1:2], cell[2:], "", ())
    permitted = {each for (each, _), clause in answers(world.policy((rule,)), world).items() if clause}
    assert permitted == {each for each in world.cells() if covers(rule, each, world)}


@settings(max_examples=30, deadline=None)
@given(worlds(), st.randoms())
def test_the_order_of_clauses_is_irrelevant(world: World, random: Random) -> None:
    shuffled = list(world.rules)
    random.shuffle(shuffled)
    first, second = world.policy(), world.policy(tuple(shuffled))
    for cell, held in product(world.cells(), HELD):
        assert first.decide("use", *cell, held) == second.decide("use", *cell, held)


@settings(max_examples=40, deadline=None)
@given(worlds(), st.data())
def test_an_exception_opens_exactly_its_cell(world: World, data: st.DataObject) -> None:
    allow, deny = (data.draw(st.sampled_from(world.cells())) for _ in "ab")
    denial = Written(0, "deny", deny[:1], deny[1:2], deny[2:], "", ())
    closed = Written(1, "allow", allow[:1], allow[1:2], allow[2:], "", ())
    opened = Written(1, "allow", allow[:1], allow[1:2], allow[2:], "", (0,))
    before = answers(world.policy((denial, closed)), world)
    after = answers(world.policy((denial, opened)), world)
    gained = {cell for (cell, held), clause in after.items() if clause and not before[cell, held]}
    both = {c for c in world.cells() if covers(opened, c, world) and denies(denial, c, world)}
    assert gained == both
    assert all(after[key] for key, clause in before.items() if clause)


@settings(max_examples=30, deadline=None)
@given(worlds(), st.integers(0, 5))
def test_older_versions_decide_for_their_data(world: World, kept: int) -> None:
    old, new = world.policy(world.rules[:kept]), world.policy()
    policies = {"old": old, "new": new}
    for cell, held in product(world.cells(), HELD):
        assert decide_under(policies, "old", "use", *cell, held) == old.decide("use", *cell, held)
        assert decide_under(policies, "new", "use", *cell, held) == new.decide("use", *cell, held)
        assert isinstance(decide_under(policies, "lost", "use", *cell, held), Deny)
