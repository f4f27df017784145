"""What the sample's customer chose for its security."""

from troth.accounts.people import sample as people
from troth.accounts.people.models import Membership

from . import choosing
from .admitting import Coming, Factor

LEVEL, APART = "basic", {"idle": 30, "alerts": "owners", "key_days": 180}


def fill() -> None:
    """Alice chooses for her company."""
    alice = people.find("alice")
    if alice is not None:
        place = Membership.objects.get(owner=alice.owner_id)
        choosing.choose(place, LEVEL, dict(APART), Coming("127.0.0.1", Factor.PASSWORD, False))
