"""The sample's blog: one article by a member of staff, with a comment.  All of it is invented."""

from troth.accounts.models import StaffMember
from troth.accounts.people.sample import find
from troth.gate.ids import uuid7
from troth.posting.drafts import Draft
from troth.posting.flows import Author

from . import flows
from .models import Article

TITLE = "What we changed after watching a pottery for a day"
SAYS = (
    "Last month two of us sat in a pottery from seven in the morning and wrote down each time somebody looked for "
    "something. It was **forty-one times**.\n\nThree things came of it:\n\n1. a record opens where you left it,\n2. the "
    "telephone number is a link,\n3. nothing asks you twice.\n\nThe third was the hardest. If something still asks you "
    "twice, tell us below."
)
COMMENT = "The second one alone was worth the day. Can the address be a link too?"


def fill(by: StaffMember) -> None:
    """One article, and what Bob says to it."""
    bob = find("bob")
    if Article.objects.exists() or bob is None:
        return
    said = Draft("Dana, support", SAYS, "keep", TITLE)
    made = flows.publish(Author(by.owner_id, is_staff=True), uuid7().hex, "a-day-in-a-pottery", said)
    article = Article.objects.get(thread=made.thread_id)
    flows.comment(Author(bob.owner_id), article, uuid7().hex, Draft("Bob", COMMENT, "remove"))
