"""What the apps put into a workspace: pages in its menu, cards on its first page, parts that can be shared alone."""

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from .access import Access
from .models import Right


@dataclass(frozen=True, slots=True)
class Page:
    """A page in a workspace's menu: URL name, label, the right to the whole workspace that it needs."""

    url_name: str
    label: str
    right: Right | None = None


PAGES: list[tuple[int, Page]] = []
"""In their order."""


def workspace_page(order: int, url_name: str, label: str, right: Right | None = None) -> None:
    """Put a page into the menu; without a right, everybody who was let in finds it there."""
    PAGES.append((order, Page(url_name, label, right)))
    PAGES.sort(key=lambda each: each[0])


def menu(access: Access) -> list[Page]:
    """The pages that somebody finds in the menu."""
    return [page for _, page in PAGES if page.right is None or access.allows(page.right)]


CARDS: list[tuple[int, str, Callable[[Access], dict[str, Any]]]] = []
"""Cards of the first page: order, template, and what it shows; built inside the use that shows it."""


def workspace_card(order: int, template: str, build: Callable[[Access], dict[str, Any]]) -> None:
    """Put a card on the first page of a workspace."""
    CARDS.append((order, template, build))
    CARDS.sort(key=lambda each: each[0])


PARTS: list[Callable[[], list[tuple[UUID, str]]]] = []
"""What can be shared alone: ids and names, read inside a use of the open workspace, as far as it reaches."""


def parts() -> dict[UUID, str]:
    """Everything in the open workspace that can be shared alone and is open to the use, by id."""
    return {part: name for read in PARTS for part, name in read()}


APIS: list[tuple[str, str]] = []
"""Where the routers of a workspace's API are found, by prefix."""


def workspace_api(prefix: str, router: str) -> None:
    """Put a django-ninja router into the API of workspaces (`workspaces.api`), while the apps get ready.

    It is named, and imported with the URLs: most commands need neither.
    """
    APIS.append((prefix, router))


SIZES: list[tuple[str, Callable[[UUID], int]]] = []
"""What may be said of a workspace without opening anything: a label, and how many."""


@dataclass(frozen=True, slots=True)
class Look:
    """How parts of one kind are looked at from outside the workspace: rows of values, a page at a time.

    `owns` says whether a part is of this kind.  `rows` gives columns, rows and how many there are in all, from an
    offset up to a limit; it opens them inside the use of whoever looks.
    """

    owns: Callable[[UUID], bool]
    rows: Callable[[UUID, int, int], tuple[list[str], list[list[str]], int]]


LOOKS: list[Look] = []
"""Filled by the apps that keep parts."""


@dataclass(frozen=True, slots=True)
class NamedFile:
    """A file as other apps show it: what it is called, with the folders it lies in, and the address of its page."""

    pk: UUID
    name: str
    page: str


@dataclass(frozen=True, slots=True)
class Naming:
    """How files of the open workspace are found by others.

    `find` gives those of some ids that are there, None for one that somebody may not open; `offered` those that they may
    open, or None when they are more than so many.
    """

    find: Callable[[Access, Collection[UUID]], dict[UUID, NamedFile | None]]
    offered: Callable[[Access, int], list[NamedFile] | None]


FILES: list[Naming] = []
"""Filled by the app that keeps files."""


def find_files(access: Access, wanted: Collection[UUID]) -> dict[UUID, NamedFile | None]:
    """Those of some files that are there; None for one that is not open to the reader."""
    return {pk: one for app in FILES for pk, one in app.find(access, wanted).items()} if wanted else {}


Columns = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Table:
    """A part as a table that can be queried; whoever may see one of `parts` may see it.

    `opens` gives SQL types by column, and the rows as texts (blank for nothing); these are read inside the use of
    whoever asks, once, to the end.  Of a table that is a file the `columns` are known only then, and it is opened only
    for a query that names it; `where` says in which folder it lies.
    """

    parts: tuple[UUID, ...]
    name: str
    opens: Callable[[], tuple[Columns, Iterator[list[str]]]]
    columns: Columns | None = None
    where: str = ""


TABLES: list[Callable[[Access], list[Table]]] = []
"""What the apps keep that can be queried, of the open workspace; what somebody may not see is left out of it later."""


def tables(access: Access) -> list[Table]:
    """The tables that somebody may see, each under a name of its own."""
    found, taken = list[Table](), set[str]()
    for table in (table for read in TABLES for table in read(access)):
        if any(access.allows(Right.VIEW, part) for part in table.parts):
            name, number = table.name, 2
            while name.casefold() in taken:
                name, number = f"{table.name} {number}", number + 1
            taken.add(name.casefold())
            found.append(replace(table, name=name))
    return found
