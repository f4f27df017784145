"""A company has a server of its own told of what happens to its security (clause security.settings, decision 0050).

What is told is a word for what happened, a time and the company's number: nothing of a person, so it is no disclosure.
It is told at least once, under one id, signed.
"""

from urllib.parse import urlsplit
from uuid import UUID

from django.conf import settings
from django.utils.crypto import salted_hmac

from troth.accounts.people import notices
from troth.accounts.people.companies import acting, company_of, must_manage
from troth.accounts.people.models import Membership, Role
from troth.gate.keystore.boxes import open_text, seal_text
from troth.gate.outbound.webhooks import HTTPS, LOOPBACK
from troth.gate.registry import serves
from troth.gate.uses import act, using

from .models import Event, Hook

BOX = "hooks"
PURPOSE = serves("running-an-account")
LONGEST = 500
WAITING = 200
"""How many things wait for a server that does not answer; what comes after is not kept for it."""


class Wrong(ValueError):
    """An address that cannot be told; the text says why, to whoever gave it."""


def checked(address: str) -> str:
    """An address to which something can be sent.  Raises Wrong."""
    try:
        asked = urlsplit(address.strip())
        host, port = asked.hostname or "", asked.port or HTTPS
    except ValueError:
        raise Wrong("This is no address. One begins with https:// and a name.") from None
    if asked.scheme != "https" or ("." not in host and not _is_here(host)):
        raise Wrong("Give an address that begins with https:// and the full name of a host.")
    if asked.username is not None or asked.fragment:
        raise Wrong("Leave out what stands before an @ or behind a #: a signature says that it is us.")
    if not host.isascii() or not address.strip().isprintable() or " " in address.strip():
        raise Wrong("Write it in plain letters, without blanks.")
    if host.replace(".", "").isdigit() or ":" in host:
        raise Wrong("Give the name of a host: a number has no certificate.")
    if port != HTTPS and port < 1024:
        raise Wrong("Of the ports below 1024 only 443 is called.")
    return address.strip()


def _is_here(host: str) -> bool:
    """In the sample alone a server on this machine may be told, since there is no other."""
    return host == LOOPBACK and bool(settings.TROTH_DEMO)


def of_company(customer: UUID) -> Hook | None:
    return Hook.objects.filter(owner=customer).first()


def address_of(hook: Hook) -> str:
    return open_text(settings.TROTH_KEYS, BOX, hook.address)


def secret_of(hook: Hook) -> str:
    """What we sign with: made from the install's key and when the address was given, so that no table holds it."""
    told = f"{hook.owner_id.hex}.{hook.made_at.timestamp()}"
    return salted_hmac("troth.accounts.hooks", told, algorithm="sha256").hexdigest()


def choose(by: Membership, address: str) -> Hook:
    """Have this address told from now on, in the place of another.  Raises Wrong, and Refused for who does not manage."""
    sealed = seal_text(settings.TROTH_KEYS, BOX, checked(address))
    must_manage(by)
    customer = company_of(by)
    with using(PURPOSE, by=acting(by), given=customer), act():
        _forget(by.customer_id)
        hook = Hook(owner_id=by.customer_id, address=sealed)
        hook.save(force_insert=True)
        name = str(customer.name)  # read, so that the choice stands in the record
        host = urlsplit(address.strip()).hostname
        for place in Membership.objects.filter(customer=by.customer_id, role=Role.OWNER):
            notices.put(
                place.owner_id,
                "A server is told of your company’s security",
                CHOSEN.format(name=name, host=host),
            )
    return hook


CHOSEN = (
    "From now on {host} is told when something happens to the security of {name}, and not to whom.\n\n"
    "If you do not know that server, end it on the page of your company’s security.\n"
)


def stop(by: Membership) -> None:
    """Tell no server any more.  Raises Refused for who does not manage the company."""
    must_manage(by)
    customer = company_of(by)
    with using(PURPOSE, by=acting(by), given=customer), act():
        _forget(by.customer_id)
        _ = customer.name


def _forget(customer: UUID) -> None:
    Event.objects.filter(owner=customer).delete()
    Hook.objects.filter(owner=customer).delete()


def saw(customer: UUID, what: Event.What) -> None:
    """Something happened to the security of a company: its server is told, where it has one."""
    if not Hook.objects.filter(owner=customer).exists():
        return
    if Event.objects.filter(owner=customer).count() < WAITING:
        Event(owner_id=customer, what=what).save(force_insert=True)


def happened_to(person: UUID, what: Event.What) -> None:
    """Something happened to somebody: the servers of their companies are told, and not to whom."""
    for customer in Membership.objects.filter(owner=person).values_list("customer_id", flat=True):
        saw(customer, what)
