"""The sample installation's customers: two people of one company, and one of another.  All are invented."""

from dataclasses import dataclass

from . import companies, registering
from .models import Invitation, Membership, Person, Role


@dataclass(frozen=True, slots=True)
class One:
    """Who they are; without a company of their own they are invited to Alice's."""

    label: str
    name: str
    email: str
    phone: str = ""
    company: str = ""


PEOPLE = {
    "alice": One("Alice, a customer’s owner", "Alice Archer", "alice@archer.example", "(202) 555-0101", "Archer Pottery"),
    "bob": One("Bob, her colleague", "Bob Baptiste", "bob@archer.example"),
    "charlie": One(
        "Charlie, another customer", "Charlie Chen", "charlie@chen.example", "+12025550103", "Chen & Daughters"
    ),
}  # fmt: skip


def fill() -> None:
    """Register them, once."""
    for key, one in PEOPLE.items():
        if find(key) is None:
            _register(one)


def _register(one: One) -> None:
    invitation = None if one.company else _invited(one.email)
    values = {"name": one.name, "email": one.email, "phone": one.phone, "company": one.company}
    given = {name: value for name, value in values.items() if value}
    person, _ = registering.begin(given, "", invitation)
    registering.open_account(Person.objects.get(pk=person), invitation)


def _invited(address: str) -> Invitation:
    alice = find("alice")
    companies.invite(Membership.objects.get(owner=alice.owner_id), address, Role.MEMBER)  # type: ignore[union-attr]
    found: Invitation = Invitation.objects.lookup(email=address).get()
    return found


def find(key: str) -> Person | None:
    """One of them, while they have an account."""
    if key not in PEOPLE:
        return None
    found: Person | None = (
        Person.objects.lookup(email=PEOPLE[key].email).filter(proven_at__isnull=False).first()
    )
    return found


def key_of(person: Person) -> str:
    """Which of them somebody is; blank for anybody else."""
    return next((key for key in PEOPLE if (found := find(key)) and found.pk == person.pk), "")
