"""How the clause on contact data is proved: by comparing every form at its places with what the statement collects."""

from collections.abc import Iterator
from inspect import Parameter, signature
from typing import Any

from troth.gate.collection import CollectionForm
from troth.gate.proving.answers import Finding, broken, control, kept
from troth.gate.published import statement
from troth.gate.subjects.register import privacy

CLAUSE = "collect.contact"
TECHNICAL = frozenset({"submission"})
"""Carried by every form: the sealed id of the row to come."""


@control(CLAUSE)
def forms_ask_for_nothing_else() -> Finding:
    """Each field of each form at the clause's places is an item it collects there, with a reason, or a plain choice."""
    places = statement.current().points(CLAUSE)
    forms = [form for form in _forms(CollectionForm) if form.place in places]
    checked = {f"{form.place}.{name}" for form in forms for name in _shown(form)}
    wrong = sorted({fault for form in forms for fault in _faults(form)})
    if wrong:
        return broken(f"{len(wrong)} fields the statement does not collect", "; ".join(wrong))
    with_form = sorted({form.place for form in forms})
    return kept(
        f"{len(checked)} fields on {len(with_form)} forms, each collected by the statement",
        f"{', '.join(with_form)}: each field is an item with its reason, or a choice that says nothing about a person;"
        " none is required that the statement leaves free",
    )


def _forms(form: type[CollectionForm]) -> Iterator[type[CollectionForm]]:
    for each in form.__subclasses__():
        yield each
        yield from _forms(each)


def _shown(form: type[CollectionForm]) -> dict[str, Any]:
    """The fields as a page shows them.  What a form wants to be told beforehand changes no field."""
    wanted = {
        name: "" for name, each in signature(form).parameters.items()
        if each.kind is Parameter.KEYWORD_ONLY and each.default is Parameter.empty
    }  # fmt: skip
    return dict(form(**wanted).fields)


def _faults(form: type[CollectionForm]) -> Iterator[str]:
    collected = {item.category: item for item in statement.current().collects(form.place)}
    also: dict[str, str] = getattr(form, "also", {})
    plain = privacy(form.model, "plain", {})
    for name, field in _shown(form).items():
        seal = form.model.seals.get(name)
        category = seal.category if seal else also.get(name, "")
        item = collected.get(category)
        where = f"{form.place}: `{name}`"
        if name in TECHNICAL or (not category and name in plain):
            continue
        if item is None:
            yield f"{where} is not collected there"
        elif not getattr(field, "why", ""):
            yield f"{where} does not say why"
        elif field.required and not item.required:
            yield f"{where} is required, and the statement leaves it free"
