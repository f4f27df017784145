"""From the syntax tree of one rule to the rule itself."""

from __future__ import annotations

from collections.abc import Iterator

from lark import Token, Tree

from .document import (
    About,
    Action,
    Bound,
    Define,
    Denial,
    Derive,
    Inform,
    Item,
    Keep,
    Permission,
    Promise,
    Rule,
    Spot,
    Unit,
    Word,
    Words,
)
from .grammar import Slip, read_rule

Node = Tree[Token]

# Which endings each kind of rule may have, beside `given` and `except to`, which all of them may.
_ENDINGS = {
    "collect": {"at", "requiring", "by"},
    "use": {"for", "by", "once"},
    "join": {"for", "by", "once"},
    "share": {"for", "with", "once"},
}
_ACTIONS: dict[str, Action] = {"collect": "collect", "use": "use", "share": "share", "join": "join"}
_UNITS: dict[str, Unit] = {"days": "days", "weeks": "weeks", "months": "months", "years": "years"}
_INSTEAD = {
    ("share", "by"): "name who receives it with `with`",
    ("use", "with"): "name who uses it with `by`",
    ("join", "with"): "name who joins it with `by`",
    ("collect", "with"): "name who collects it with `by`",
    ("collect", "for"): "collection names places: write `at`",
}


class Reader:
    """Reads one rule whose text begins at `spot`."""

    def __init__(self, source: str, spot: Spot) -> None:
        self.source, self.spot = source, spot

    def rule(self) -> Rule:
        """The rule; raises `Slip`."""
        (node,) = _nodes(read_rule(self.source))
        if node.data.startswith("define_"):
            return self._define(node)
        match node.data:
            case "collect":
                return self._permission("collect", node)
            case "allow":
                return self._permission(_action(node), node)
            case "deny":
                return self._denial(node)
            case "limit":
                return self._limit(node)
            case "keep":
                return self._keep(node)
            case "derive":
                names = self._names(_child(node, "names"))
                return Derive(self.source, self.spot, self._word(_token(node, "NAME")), names)
            case "promise":
                return self._promise(node)
            case "inform":
                notices, places = _nodes(node)
                return Inform(self.source, self.spot, self._names(notices), self._names(places))
            case _:
                return About(self.source, self.spot, self._names(_child(node, "names")))

    def _word(self, token: Token) -> Word:
        line, column = token.line or 1, token.column or 1
        first = self.spot.column - 1 if line == 1 else 0
        return Word(str(token), Spot(self.spot.file, self.spot.line + line - 1, column + first))

    def _names(self, node: Node | None) -> Words:
        return tuple(self._word(token) for token in _tokens(node)) if node else ()

    def _define(self, node: Node) -> Define:
        kind = node.data.removeprefix("define_")
        items, over, under = _child(node, "items"), _child(node, "over"), _child(node, "under")
        never = _child(node, "never")
        return Define(
            self.source,
            self.spot,
            kind,
            self._word(_token(node, "NAME")),
            _text(node),
            _why(node),
            parent=self._word(_token(under, "NAME")) if under else None,
            items=tuple(self._item(item) for item in _nodes(items)) if items else (),
            over=self._names(_child(over, "names")) if over else (),
            never_with=self._names(_child(never, "names")) if never else (),
        )

    def _item(self, node: Node) -> Item:
        word = self._word(_token(node, "NAME"))
        if "." in word.text:
            raise _slip(_token(node, "NAME"), "an item is named without a dot", "write only its last part")
        return Item(word, _text(node), _why(node))

    def _permission(self, action: Action, node: Node) -> Permission:
        categories, *tails = _nodes(node)
        endings = _endings(action, tails)
        return Permission(
            self.source,
            self.spot,
            action,
            self._names(categories),
            once="once" in endings,
            required=self._ending(endings, "requiring"),
            purposes=self._ending(endings, "at" if action == "collect" else "for"),
            recipients=self._ending(endings, "with" if action == "share" else "by"),
            grounds=self._grounds(endings.get("given")),
            exceptions=self._exceptions(endings.get("except")),
            every_denial=_says_every(endings.get("except")),
        )

    def _denial(self, node: Node) -> Denial:
        action = _action(node)
        categories, *tails = _nodes(node)
        endings = _endings(action, tails)
        for name in ("once", "requiring"):
            if name in endings:
                raise _slip(_keyword(endings[name]), f"a denial has no `{name}`", "leave it out")
        return Denial(
            self.source,
            self.spot,
            action,
            self._names(categories),
            purposes=self._ending(endings, "at" if action == "collect" else "for"),
            recipients=self._ending(endings, "with" if action == "share" else "by"),
            grounds=self._grounds(endings.get("given")),
            exceptions=self._exceptions(endings.get("except")),
        )

    def _limit(self, node: Node) -> Denial:
        categories, purposes, *rest = _nodes(node)
        exceptions = self._exceptions(rest[0] if rest else None)
        return Denial(
            self.source,
            self.spot,
            _action(node),
            self._names(categories),
            self._names(purposes),
            exceptions=exceptions,
            elsewhere=True,
        )

    def _ending(self, endings: dict[str, Node], name: str) -> Words:
        return self._names(_child(endings[name], "names")) if name in endings else ()

    def _grounds(self, node: Node | None) -> tuple[Words, ...]:
        return tuple(self._names(group) for group in _nodes(node)) if node else ()

    def _exceptions(self, node: Node | None) -> Words:
        return self._names(_child(node, "names")) if node and not _says_every(node) else ()

    def _keep(self, node: Node) -> Keep:
        bound_node = _child(node, "bound")
        bound: Bound = "exactly"
        if bound_node:
            bound = "at most" if _tokens(bound_node)[0].type == "MOST" else "at least"
        categories = self._names(_child(node, "names"))
        amount = int(_token(node, "NUMBER"))
        unit: Unit = _UNITS[str(_token(node, "UNIT"))]
        event = self._word(_token(node, "NAME"))
        return Keep(self.source, self.spot, categories, bound, amount, unit, event)

    def _promise(self, node: Node) -> Promise:
        within = _child(node, "within")
        amount = int(_token(within, "NUMBER")) if within else 0
        unit = str(_token(within, "UNIT")) if within else ""
        return Promise(self.source, self.spot, self._word(_token(node, "NAME")), amount, unit)


def _nodes(node: Node) -> list[Node]:
    return [child for child in node.children if isinstance(child, Tree)]


def _tokens(node: Node) -> list[Token]:
    return [child for child in node.children if isinstance(child, Token)]


def _child(node: Node, name: str) -> Node | None:
    return next((child for child in _nodes(node) if child.data == name), None)


def _token(node: Node, kind: str) -> Token:
    return next(token for token in _tokens(node) if token.type == kind)


def _text(node: Node) -> str:
    return str(_token(node, "STRING"))[1:-1]


def _why(node: Node) -> str:
    because = _child(node, "because")
    return _text(because) if because else ""


def _action(node: Node) -> Action:
    return _ACTIONS[str(_tokens(node)[0])]


def _says_every(node: Node | None) -> bool:
    return node is not None and any(token.type == "EVERY" for token in _tokens(node))


def _keyword(node: Node) -> Token:
    """The first word inside an ending, where a problem with the ending is shown."""
    return next(_all_tokens(node))


def _all_tokens(node: Node) -> Iterator[Token]:
    yield from (token for token in node.scan_values(lambda value: isinstance(value, Token)))


def _endings(action: Action, tails: list[Node]) -> dict[str, Node]:
    found: dict[str, Node] = {}
    for tail in tails:
        name = str(tail.data)
        if name not in _ENDINGS[action] | {"given", "except"}:
            advice = _INSTEAD.get((action, name), "leave it out")
            raise _slip(_keyword(tail), f"`{action}` has no `{name}`", advice)
        if name in found:
            raise _slip(_keyword(tail), f"`{name}` is said twice", "join the two lists with a comma")
        found[name] = tail
    return found


def _slip(token: Token, message: str, advice: str) -> Slip:
    return Slip(token.line or 1, token.column or 1, message, advice)
