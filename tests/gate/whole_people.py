"""People of whom everything is held: an account, sessions, a company, enquiries, an archive, a request, a shared file.

Made and looked at through the gate, for whoever kills erasures midway.  One other person, the friend, stays.
"""

from typing import Any
from uuid import UUID

from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.models import Session

from tests.apps.privacy_people import browser
from tests.cast import ALICE, acting
from tests.gate.zoo.keeping import kept, read
from tests.gate.zoo.society import Holding, SharedFile
from troth.accounts.models import SignIn, StaffMember, User
from troth.accounts.people import registering
from troth.accounts.people.models import Membership, Person, Role
from troth.accounts.sessions import SessionStore
from troth.apps.enquiries import flows
from troth.apps.enquiries.models import Enquiry, Reply
from troth.apps.rights import flows as rights
from troth.apps.rights.models import Request
from troth.gate.export import exporting
from troth.gate.export.models import Export
from troth.gate.export.preparing import prepare_one
from troth.gate.files import disk
from troth.gate.files.models import StoredFile
from troth.gate.ids import uuid7
from troth.gate.journal.models import Share
from troth.gate.keystore.models import DataKey
from troth.gate.subjects.models import DataSubject
from troth.gate.uses import SYSTEM, Actor, using
from troth.posting import flows as posts
from troth.posting.drafts import Draft
from troth.posting.flows import Author
from troth.posting.models import Post, Thread

FRIEND = "friend@erasing.example"


def register(address: str) -> Person:
    """Somebody with an account and a company of their own."""
    values = {"name": "Erin Ember", "company": "Ember & Ash", "phone": "+12025550109", "email": address}
    made, _ = registering.begin(values, "")
    registering.open_account(Person.objects.get(pk=made))
    return Person.objects.get(pk=made)


def friend() -> Person:
    """Who stays: the other owner of every company, and the other holder of every file."""
    found = Person.objects.lookup(email=FRIEND).filter(proven_at__isnull=False).first()
    return found or register(FRIEND)


def make(address: str) -> tuple[str, str]:
    """One whole person: the subject, and the id of the file they share."""
    person, other = register(address), friend()
    owner, company = person.owner_id, Membership.objects.get(owner=person.owner_id).customer_id
    Membership(owner_id=other.owner_id, customer_id=company, role=Role.OWNER).save(force_insert=True)
    browser(person)
    _write_and_be_answered(person, address)
    rights.ask(uuid7().hex, "correction", "My name is Erin.", person=person)
    _post(owner, address)
    file = kept(SharedFile, owner, sender=owner, title="holiday.jpg", sent_by="Erin")
    for holder in (owner, other.owner_id):
        kept(Holding, holder, file=file, note="a copy")
    exporting.ask_for(owner, [], [], Actor("data-subject", owner))
    while prepare_one():
        pass
    return owner.hex, file.pk.hex


def _write_and_be_answered(person: Person, address: str) -> None:
    member = StaffMember.objects.get()
    with using("answering-enquiries", by=SYSTEM, at="contact-us"):
        enquiry = flows.send_enquiry(uuid7().hex, {**ALICE, "email": address}, "Services", person.owner_id)
    assert enquiry is not None
    found = Enquiry.objects.get(pk=enquiry.pk)
    with using("answering-enquiries", by=acting(member), given=found, at="staff-desk"):
        flows.answer_enquiry(found, uuid7().hex, "Yes.", acting(member))


def _post(owner: UUID, address: str) -> None:
    thread = Thread.objects.create()
    for afterwards, body in (("remove", "This goes along with me."), ("unsigned", "This stays without me.")):
        said = Draft(f"Erin of {address.split('@')[0]}", body, afterwards)
        posts.post(Author(owner), thread.pk, Post.Kind.BOARD, uuid7().hex, said)


def facts(subject: str) -> dict[str, bool]:
    """What is there of a person, by what it is: all of it, or nothing, whatever was killed."""
    owner = UUID(subject)
    enquiry = Enquiry.objects.filter(owner=owner).first()
    archives = [one.archive for one in Export.objects.filter(owner=owner, state="ready")]
    sessions = SignIn.objects.filter(owner=owner, ended_at=None).values_list("session", flat=True)
    return {
        "key": DataKey.objects.filter(subject=subject, erasing=False).exists(),
        "subject": DataSubject.objects.filter(pk=owner).exists(),
        "account": Person.objects.filter(owner=owner).exists(),
        "login": User.objects.filter(subject=owner).exists(),
        "session": Session.objects.filter(session_key__in=sessions).exists(),
        "place": Membership.objects.filter(owner=owner).exists(),
        "enquiry": enquiry is not None and _is_readable(enquiry),
        "answer": Reply.objects.filter(owner=owner).exists(),
        "request": Request.objects.filter(owner=owner).exists(),
        "archive": any(one and disk.path(one.token).exists() for one in archives),
        "posts": Post.objects.filter(owner=owner, state=Post.State.STANDING, afterwards="remove").exists(),
        "own copy": Holding.objects.filter(owner=owner).exists(),
        "record": Share.objects.filter(subject=subject).exists(),
    }


def _is_readable(enquiry: Any) -> bool:
    with using("answering-enquiries", by=SYSTEM, given=enquiry):
        return bool(enquiry.message)


def shared_well(subject: str, file: str, *, is_gone: bool) -> bool:
    """Whether the shared file is readable under its owner's key: the person's, or the friend's once they are gone."""
    row = SharedFile.objects.filter(pk=UUID(file)).first()
    owner = friend().owner_id if is_gone else UUID(subject)
    says = None if is_gone else "Erin"
    return (
        row is not None
        and row.owner_id == owner
        and (read(row, "title"), read(row, "sent_by")) == ("holiday.jpg", says)
    )


def loose_ends() -> list[str]:
    """Sessions of somebody that no sign-in knows, so that nothing would end them, and files of nobody."""
    known = SignIn.objects.filter(ended_at=None).values_list("session", flat=True)
    # A session before anybody is signed in by it tells of nobody: it ends by its time.
    others = Session.objects.exclude(session_key__in=known).values_list("session_data", flat=True)
    sessions = [data for data in others if SESSION_KEY in SessionStore().decode(data)]
    files = set(disk.tokens(float("inf"))) - set(StoredFile.objects.values_list("token", flat=True))
    return [
        f"{len(some)} {what} of nobody" for what, some in (("sessions", sessions), ("files", files)) if some
    ]
