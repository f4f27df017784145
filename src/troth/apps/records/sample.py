"""What the sample's Alice keeps here: contacts and calls of a pottery.  Everybody in it is invented."""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from django.utils import timezone

from troth.accounts.people import sample as people
from troth.accounts.people.models import Membership, Person
from troth.gate.uses import act
from troth.workspaces import flows as workspaces
from troth.workspaces.access import Access, enter, find
from troth.workspaces.models import Seat

from . import flows, shape
from .models import Change, Field

NAME = "Archer Pottery"
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


def fill() -> None:
    """Make Alice's workspace with its contacts and calls, once."""
    alice = people.find("alice")
    if alice is None or Seat.objects.filter(owner=alice.owner_id).exists():
        return
    here = _begun(alice)
    contacts = shape.make_collection(here, *shape.TEMPLATES["contacts"])
    _write(here, contacts.pk, CONTACTS)
    calls = shape.make_collection(here, *shape.TEMPLATES["calls"])
    today = timezone.localdate()
    _write(here, calls.pk, [((today - timedelta(days=ago)).isoformat(), *told) for ago, *told in CALLS])
    with enter(here), act():  # long enough ago that the table does not offer to undo it
        Change.objects.update(at=timezone.now() - timedelta(days=1))


def _begun(alice: Person) -> Access:
    place = Membership.objects.get(owner=alice.owner_id)
    made = workspaces.begin(place, NAME, accepts=True)
    access = find(made, alice.owner_id)
    if access is None:
        raise RuntimeError("the sample's workspace is gone while it is made")
    return access


def _write(here: Access, collection: UUID, rows: Sequence[Sequence[str]]) -> None:
    with enter(here):
        fields = list(Field.objects.filter(collection=collection))
        of = fields[0].collection
    for row in reversed(rows):
        flows.make_record(here, of, {field.pk: text for field, text in zip(fields, row, strict=True)})
