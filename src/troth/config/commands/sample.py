"""The sample company's people: invented staff from `company.toml`, invented visitors at `.example` addresses.

Three of the visitors have accounts.
"""

import uuid

from django.conf import settings

from troth.accounts.levels import sample as levels
from troth.accounts.models import StaffMember
from troth.accounts.people import sample as people
from troth.accounts.staff import appoint
from troth.apps.blog import sample as blog
from troth.apps.boards import sample as boards
from troth.apps.chat import sample as chat
from troth.apps.enquiries import calls, flows
from troth.apps.enquiries.models import Enquiry
from troth.apps.offers import sample as offers
from troth.apps.ownoffers import sample as ownoffers
from troth.apps.providers import sample as providers
from troth.apps.quality import sample as quality
from troth.apps.records import sample as records
from troth.apps.showcase import sample as showcase
from troth.gate.ids import uuid7
from troth.gate.uses import SYSTEM, Actor, using

VISITORS = (
    ("Alice Archer", "Archer Pottery", "alice@archer.example", "+12025550101", "Services",
     "We answer about forty calls a day from one kitchen table. Which of your Services would you begin with?"),
    ("Bob Baptiste", "Archer Pottery", "bob@archer.example", "", "Prices",
     "What would it cost for eight people, and can we stop at the end of any month?"),
    ("Charlie Chen", "Chen & Daughters", "charlie@chen.example", "+12025550103", "Support",
     "Can our accountant see the records of one project only, until the end of March?"),
    ("Wilhelmina Featherstonehaugh-Cholmondeley", "Featherstonehaugh, Cholmondeley and Partners (International) Ltd",
     "wilhelmina.featherstonehaugh-cholmondeley@partners.example", "", "Partnership",
     "Our firm would like to offer your Services to its own clients. With whom should we speak?"),
    ("Éloïse Dubois", "", "eloise@dubois.example", "", "Something else",
     "Who can read what I write here, and for how long do you keep it?"),
)  # fmt: skip

ANSWERS = {
    1: "For eight people the small plan is enough. It runs month by month, so you can stop at the end of any of them.",
    4: "Sales and support staff can, and the page behind the link in our first message shows you when they did. "
    "We keep it for 24 months after the last message, or until you delete it there.",
}

ASKED = {2}
"""Who asked to be called."""

CALLED = {
    0: (
        "reached",
        "Begins with Records: contacts, then the call log. Asked to be shown how a colleague is let in.",
    ),
}


def fill() -> None:
    """Appoint the sample's staff and send its enquiries, once."""
    if StaffMember.objects.exists():
        return
    staff = {
        p["role"]: appoint(p["name"], p["email"], p["role"], p["country"])
        for p in settings.TROTH_COMPANY["staff"]
    }
    sales = staff["sales"]
    by = Actor(sales.role, sales.owner_id, sales.country)
    for number, (name, company, email, phone, topic, message) in enumerate(VISITORS):
        values = {
            "name": name,
            "company": company,
            "email": email,
            "phone": phone,
            "address": "",
            "message": message,
        }
        with using("answering-enquiries", by=SYSTEM, at="contact-us"):
            given = {field: value for field, value in values.items() if value}
            enquiry = flows.send_enquiry(uuid7().hex, given, topic, wants_call=number in ASKED)
        if enquiry is not None and number in ANSWERS:
            _answer(enquiry, ANSWERS[number], by)
        if enquiry is not None and number in CALLED:
            calls.note_call(enquiry, uuid7().hex, *CALLED[number], by)
    people.fill()
    levels.fill()
    records.fill()
    showcase.fill(by)
    boards.fill()
    blog.fill(staff["support"])
    chat.fill()
    providers.fill()
    quality.fill()
    offers.fill()
    ownoffers.fill()


def _answer(enquiry: Enquiry, text: str, by: Actor) -> None:
    with using("answering-enquiries", by=by, given=enquiry, at="staff-desk"):
        flows.answer_enquiry(enquiry, uuid.uuid4().hex, text, by)
