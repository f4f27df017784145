"""The sample's boards: what Alice, Bob and Charlie ask each other.  All of it is invented."""

from troth.accounts.people.sample import find
from troth.gate.ids import uuid7
from troth.posting.drafts import Draft, Quote
from troth.posting.flows import Author
from troth.posting.models import Post

from . import flows
from .models import Section, Topic

SECTIONS = (
    ("questions", "Questions", "Ask what you cannot find out. Somebody has usually done it before."),
    ("how-we-do-it", "How we do it", "Show how your company works with it, and what you would do otherwise."),
    ("wishes", "Wishes", "What is missing. We read all of it and answer when something comes of it."),
)

TITLE = "How do you keep the kiln’s diary?"
ASKED = (
    "We fire **twice a week**, and until now everything stood in a notebook:\n\n- temperature every hour,\n- who was "
    "there,\n- what broke.\n\nDo you keep one record for each firing, or one for each hour? I would like to see "
    "which glaze was in which firing."
)
ANSWERED = (
    "One for each firing, with the hours in a table beside it. It took an afternoon:\n\n1. a collection "
    "*Firings*,\n2. a field for each thing that you want to find,\n3. the rest as text.\n\nAsk again if you get stuck."
)
THANKED = "That is how we do it now. The glaze has a field of its own, and **the notebook stays at home**."
OTHER = "Can the accountant see one project only?"
OTHER_ASKED = "Ours comes in March and should not see the rest. Has anybody set that up?"


def fill() -> None:
    """Boards, and two topics."""
    people = {key: find(key) for key in ("alice", "bob", "charlie")}
    if Section.objects.exists() or not all(people.values()):
        return
    for order, (slug, name, about) in enumerate(SECTIONS):
        Section.objects.create(slug=slug, name=name, about=about, order=order)
    who = {key: Author(person.owner_id) for key, person in people.items() if person}
    questions = Section.objects.get(slug="questions")
    first = _begin(who["alice"], questions, Draft("Alice (Archer Pottery)", ASKED, "keep", TITLE))
    topic = Topic.objects.get(thread=first.thread_id)
    start = ASKED.index("one record")
    quote = Quote(first.pk, 1, start, start + len("one record for each firing, or one for each hour?"))
    flows.reply(who["charlie"], topic, uuid7().hex, Draft("Charlie C.", ANSWERED, "unsigned", quote=quote))
    flows.reply(who["alice"], topic, uuid7().hex, Draft("Alice (Archer Pottery)", THANKED, "keep"))
    flows.pin(topic.pk, pinned=True)
    _begin(who["bob"], questions, Draft("Bob", OTHER_ASKED, "remove", OTHER))


def _begin(author: Author, section: Section, draft: Draft) -> Post:
    return flows.begin(author, section, uuid7().hex, draft)
