"""What the sample's Customers keep here: a pottery its contacts and calls, a family of tailors its appointments.

Everybody in it is invented.
"""

from collections.abc import Sequence
from datetime import timedelta

from django.utils import timezone

from troth.accounts.people import sample as people
from troth.accounts.people.models import Membership
from troth.gate.uses import act
from troth.workspaces import flows as workspaces
from troth.workspaces.access import Access, enter, find
from troth.workspaces.models import Seat

from . import flows, shape
from .models import Change, Field

CONTACTS = (
    ("Vera Vogel", "Vogel Tableware", "vera@vogel.example", "+12025550110", "Buys twice a year, in March and October."),
    ("Hugo Hansen", "Hansen & Sons Kilns", "hugo@hansen-kilns.example", "+12025550111", "Looks after both kilns."),
    ("Ines Ibarra", "Café Ibarra", "ines@ibarra.example", "+12025550112", "Forty cups, ash glaze, no handles."),
    ("Joon Jang", "", "joon@jang.example", "", "Came to the open day; wants to hear of courses."),
    ("Katharina von Hohenlohe-Waldenburg", "Hohenlohe-Waldenburg Landscape and Garden Architecture",
     "katharina.von.hohenlohe-waldenburg@landscape-and-garden.example", "+12025550114", "Large planters."),
    ("Luca Lombardi", "Lombardi Clay", "orders@lombardi-clay.example", "+12025550115", "Delivers on Tuesdays."),
    ("Mei Ming", "Ming Gallery", "mei@ming-gallery.example", "+12025550116", "Shows eight pieces in spring."),
    ("Noor Naser", "", "noor@naser.example", "+12025550117", ""),
    ("Ólafur Ólafsson", "Harbour Inn", "olafur@harbour-inn.example", "+12025550118", "Prefers to be called after four."),
    ("Petra Pokorná", "Pokorná Packaging", "petra@pokorna.example", "+12025550119", "Boxes in three sizes."),
    ("Quentin Quist", "", "quentin@quist.example", "", "Wedding list: ask again in June."),
    ("Rosa Reyes", "Reyes Market", "rosa@reyes-market.example", "+12025550121", "A stall on the first Saturday."),
)  # fmt: skip
CALLS = (
    (1, "Vera Vogel", "+12025550110", "Reached", "Takes the celadon bowls, sixty of them."),
    (1, "Ólafur Ólafsson", "+12025550118", "Call back", "Asked for a price for soup plates."),
    (2, "Hugo Hansen", "+12025550111", "No answer", ""),
    (4, "Mei Ming", "+12025550116", "Reached", "The opening is on a Thursday."),
    (5, "Petra Pokorná", "+12025550119", "Reached", "Ordered two hundred boxes."),
    (8, "Ines Ibarra", "+12025550112", "Call back", "Wants to see a sample first."),
)  # fmt: skip


APPOINTMENTS = (
    (-3, "Bride and her mother", "First fitting", "yes"),
    (-6, "Theatre, wardrobe", "Eleven uniforms", "no"),
)  # fmt: skip


def fill() -> None:
    """Make the workspaces of Alice and of Charlie, with what lies in them, once."""
    if alice := _begun("alice", "Archer Pottery"):
        _write(alice, "contacts", CONTACTS)
        _write(alice, "calls", _dated(CALLS))
    if charlie := _begun("charlie", "Chen & Daughters"):
        _write(charlie, "appointments", _dated(APPOINTMENTS))


def _begun(who: str, name: str) -> Access | None:
    """The workspace of one of the sample's people; None where they have one, or have left."""
    person = people.find(who)
    if person is None or Seat.objects.filter(owner=person.owner_id).exists():
        return None
    place = Membership.objects.get(owner=person.owner_id)
    return find(workspaces.begin(place, name, accepts=True), person.owner_id)


def _dated(rows: Sequence[tuple[int, *tuple[str, ...]]]) -> list[tuple[str, ...]]:
    """Rows that begin with the day, told as days before today."""
    today = timezone.localdate()
    return [((today - timedelta(days=ago)).isoformat(), *told) for ago, *told in rows]


def _write(here: Access, template: str, rows: Sequence[Sequence[str]]) -> None:
    of = shape.make_collection(here, *shape.TEMPLATES[template])
    with enter(here):
        fields = list(Field.objects.filter(collection=of))
    for row in reversed(rows):
        flows.make_record(here, of, {field.pk: text for field, text in zip(fields, row, strict=True)})
    with enter(here), act():  # long enough ago that the table does not offer to undo it
        Change.objects.filter(collection=of).update(at=timezone.now() - timedelta(days=1))
