"""A company has a server of its own told of what happens to its security (clause security.settings, decision 0050).

What is told is a word for what happened, a time and the company's number: it names nobody, so it is no disclosure.  It is
told at least once, under one id, signed; what finds no room, or is not heard for three days, is counted.
"""

from urllib.parse import quote, urlsplit, urlunsplit
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.crypto import salted_hmac

from troth.accounts.people import notices
from troth.accounts.people.companies import acting, company_of, must_manage, places_of
from troth.accounts.people.models import Membership, Role
from troth.gate.keystore.boxes import open_text, seal_text
from troth.gate.outbound.webhooks import HTTPS, LOOPBACK
from troth.gate.registry import serves
from troth.gate.subjects import limits
from troth.gate.uses import act, using

from .models import Event, Hook

BOX = "hooks"
PURPOSE = serves("running-an-account")
LONGEST = 500
WAITING = 200
"""How many things wait for a server that does not answer."""


class Wrong(ValueError):
    """An address that cannot be told; the text says why, to whoever gave it."""


def checked(address: str) -> str:
    """An address to which something can be sent, in one spelling.  Raises Wrong."""
    address = address.strip()
    if not (address.isascii() and address.isprintable()) or " " in address:
        raise Wrong("Write it in plain letters, without blanks.")
    try:
        asked = urlsplit(address)
        host, port = asked.hostname or "", HTTPS if asked.port is None else asked.port
    except ValueError:
        raise Wrong("This is no address. One begins with https:// and a name.") from None
    if asked.scheme != "https" or ("." not in host and not _is_here(host)):
        raise Wrong("Give an address that begins with https:// and the full name of a host.")
    if asked.username is not None or asked.fragment:
        raise Wrong("Leave out what stands before an @ or behind a #: a signature says that it is us.")
    if host.replace(".", "").isdigit() or ":" in host:
        raise Wrong("Give the name of a host: a number has no certificate.")
    if port != HTTPS and port < 1024:
        raise Wrong("Of the ports below 1024 only 443 is called.")
    if not all(host.split(".")):
        raise Wrong("The name of the host has two full stops beside each other, or one at an end.")
    place = host if port == HTTPS else f"{host}:{port}"
    made = urlunsplit(("https", place, quote(asked.path or "/", safe="/%~:@!$&'()*+,;="), asked.query, ""))
    if len(made) > LONGEST:
        raise Wrong(
            f"This is too long: {LONGEST} signs at the most; some have to be spelt out and count three."
        )
    return made


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


def choose(by: Membership, address: str) -> None:
    """Have this address told from now on, in the place of another, under a new secret; what waits goes there.

    Raises Wrong, Refused for who does not manage the company, and NotNow for one that is being closed.
    """
    address = checked(address)
    sealed, now = seal_text(settings.TROTH_KEYS, BOX, address), timezone.now()
    must_manage(by)
    customer = company_of(by)
    with using(PURPOSE, by=acting(by), given=customer), act():
        must_manage(places_of(by.customer_id).get_or_say(by.pk))
        if not Hook.objects.filter(owner=by.customer_id).delete()[0]:
            Event.objects.filter(owner=by.customer_id).delete()
        Hook(owner_id=by.customer_id, address=sealed, made_at=now, due_at=now).save(force_insert=True)
        _tell_owners(by, CHOSEN.format(host=urlsplit(address).hostname, name=customer.name))


def stop(by: Membership) -> None:
    """Tell no server any more.  Raises Refused for who does not manage the company, and NotNow as above."""
    must_manage(by)
    customer = company_of(by)
    with using(PURPOSE, by=acting(by), given=customer), act():
        must_manage(places_of(by.customer_id).get_or_say(by.pk))
        Hook.objects.filter(owner=by.customer_id).delete()
        Event.objects.filter(owner=by.customer_id).delete()
        _tell_owners(by, STOPPED.format(name=customer.name))


def _tell_owners(by: Membership, words: str) -> None:
    for place in Membership.objects.filter(customer=by.customer_id, role=Role.OWNER):
        notices.put(place.owner_id, "Who is told of your company’s security", words)


CHOSEN = (
    "From now on {host} is told when something happens to the security of {name}, and not to whom.\n\n"
    "If you do not know that server, end it on the page of your company’s security.\n"
)
STOPPED = "No server is told any more when something happens to the security of {name}.\n"


def saw(customer: UUID, what: Event.What) -> bool:
    """Something happened to the security of a company: its server is told.  False where it has none, or no room."""
    hook, waiting = Hook.objects.filter(owner=customer), Event.objects.filter(owner=customer)
    if not hook.exists():
        return False
    with transaction.atomic():
        # Held, so that nothing is kept for a server that is taken off meanwhile.
        if not list(hook.select_for_update().values_list("pk")):
            return False
        if what == Event.What.TRIED:
            # A silent server is asked at once by whoever has just mended it; and trying it out takes nobody's room.
            hook.update(due_at=timezone.now())
            if waiting.filter(what=what).exists():
                return True
        if waiting.count() >= WAITING:
            hook.update(missed=F("missed") + 1)
            return False
        Event(owner_id=customer, what=what).save(force_insert=True)
    return True


def happened_to(person: UUID, what: Event.What) -> None:
    """Something happened to somebody: the servers of their companies are told, and not to whom.

    Of who restricted the use of their data nothing is told: in a small company a time tells whom it was.
    """
    if limits.of(person):
        return
    for customer in Membership.objects.filter(owner=person).values_list("customer_id", flat=True):
        saw(customer, what)
