"""The sample's rooms: one in which something was said, and one that waits for somebody to begin."""

from uuid import UUID

from troth.accounts.people.sample import find
from troth.gate.ids import uuid7
from troth.posting.drafts import Draft
from troth.posting.flows import Author
from troth.posting.models import Post

from . import flows
from .models import Room

ROOMS = (
    ("The kiln", "kiln", "Small questions, quick answers: whoever is here helps."),
    ("After hours", "after-hours", "Everything that has nothing to do with work."),
)
SAID = (
    ("alice", "Alice (Archer Pottery)", "Has anybody brought in a *CSV file*? Ours has two columns called Name."),
    ("charlie", "Charlie C.", "Yes. You choose for each column what it becomes, and leave the second one out."),
    ("alice", "Alice (Archer Pottery)", "Found it. Thank you!"),
)  # fmt: skip


def fill() -> None:
    """Make the rooms, and say a few lines in the first."""
    if Room.objects.exists():
        return
    rooms = [flows.make(*each) for each in ROOMS]
    for key, name, body in SAID:
        if (who := find(key)) is not None:
            _say(who.owner_id, rooms[0], name, body)


def _say(owner: UUID, room: Room, name: str, body: str) -> None:
    draft = Draft(name, body, Post.Afterwards.UNSIGNED)
    flows.say(Author(owner), room, uuid7().hex, draft)
