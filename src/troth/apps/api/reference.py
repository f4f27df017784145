"""The description of the API as a page: worked out from the same description that programs read."""

from functools import cache
from typing import Any

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from .api import api
from .limiting import MOST, SECONDS
from .problems import TITLES

TAGS = {
    "workspace": "The workspace", "records": "Collections and records", "queries": "Queries", "files": "Files",
}  # fmt: skip
METHODS = ("get", "post", "put", "patch", "delete")


@cache
def described() -> dict[str, Any]:
    """What the page shows: addresses by tag, the bodies they take and give, the problems."""
    schema: dict[str, Any] = api.get_openapi_schema()
    groups: dict[str, list[dict[str, Any]]] = {tag: [] for tag in TAGS}
    for path, methods in schema["paths"].items():
        for method in METHODS:
            if method in methods:
                operation = methods[method]
                groups[operation["tags"][0]].append(_operation(method, path, operation))
    bodies = schema["components"]["schemas"]
    return {
        "groups": [(tag, TAGS[tag], operations) for tag, operations in groups.items()],
        "bodies": [_body(name, bodies[name]) for name in sorted(bodies) if bodies[name].get("properties")],
        "problems": sorted(TITLES.items()), "most": MOST, "seconds": SECONDS,
        "about": _told(schema["info"]["description"]),
    }  # fmt: skip


def _operation(method: str, path: str, said: dict[str, Any]) -> dict[str, Any]:
    answers = {code: _name_of(answer) for code, answer in said["responses"].items() if int(code) < 400}
    return {
        "method": method.upper(), "path": path, "summary": said["summary"], "text": _told(said.get("description", "")),
        "id": said["operationId"],
        "parameters": [
            {
                "name": each["name"], "where": each["in"], "type": _type(each["schema"]),
                "is_required": each.get("required", False), "text": _text_of(each),
            }
            for each in said.get("parameters", [])
        ],
        "takes": _name_of(said.get("requestBody", {})), "gives": sorted(answers.items()),
    }  # fmt: skip


def _text_of(parameter: dict[str, Any]) -> SafeString:
    return _told(parameter.get("description") or parameter["schema"].get("description") or "")


def _told(text: str) -> SafeString:
    """A text whose words in back-ticks are code."""
    parts = enumerate(text.split("`"))
    return format_html_join(
        "", "{}", ((format_html("<code>{}</code>", part) if n % 2 else part,) for n, part in parts)
    )


def _name_of(said: dict[str, Any]) -> str:
    """The body of a request or an answer, in a word; blank for none."""
    for kind, content in said.get("content", {}).items():
        return _type(content.get("schema", {})) if "json" in kind else kind
    return ""


def _body(name: str, said: dict[str, Any]) -> dict[str, Any]:
    required = said.get("required", [])
    return {
        "name": name, "text": _told(said.get("description", "")),
        "fields": [
            {
                "name": field, "type": _type(each), "is_required": field in required,
                "text": _told(each.get("description", "")),
            }
            for field, each in said["properties"].items()
        ],
    }  # fmt: skip


def _type(said: dict[str, Any]) -> str:
    """A JSON Schema type in a few words."""
    if "$ref" in said:
        return str(said["$ref"]).rpartition("/")[2]
    if "anyOf" in said:
        return " or ".join(dict.fromkeys(_type(each) for each in said["anyOf"]))
    if "enum" in said:
        return " or ".join(f"“{each}”" for each in said["enum"])
    if said.get("type") == "array":
        return f"list of {_type(said.get('items', {}))}"
    if said.get("type") == "object":
        inside = said.get("additionalProperties")
        return f"object of {_type(inside)}" if isinstance(inside, dict) else "object"
    return str(said.get("format") or said.get("type") or "anything")
