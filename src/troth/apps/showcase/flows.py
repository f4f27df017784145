"""What is done with a text to be published: one function for each verb.

Its owner offers, changes, permits and withdraws it; sales ask for it, accept it and take it off.  Nothing stands on a
page that its owner did not permit in exactly these words, and that we do not want there (clause public.showcase).
"""

from datetime import timedelta
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError
from django.urls import reverse
from django.utils import timezone

from troth.accounts.people import notices
from troth.accounts.people.companies import NotNow
from troth.accounts.people.models import Membership, Person, Role
from troth.gate.files import stored
from troth.gate.files.models import StoredFile
from troth.gate.registry import serves
from troth.gate.uses import SYSTEM, Actor, OwnData, act, using
from troth.gate.uses.outward import disclose

from .forms import kind_of_picture
from .models import ANSWERED, FIELDS, LOGO, Permission, Publication

PURPOSE, SHOWING = serves("showcasing"), serves("showing-own-data")
PLACE, DESK = "showcase-permission", "showcase-desk"
PUBLIC = "public"
MOST = 10
"""Texts of one person at a time."""

WRITTEN = timedelta(minutes=10)
"""How long the act may take in which a logo and its text are written."""

UNPUBLISHED = {"permitted_at": None, "text_hash": "", "published_at": None}
"""What a text without a permission has: it is on no page from the very next look on."""


def as_owner(owner: UUID, *, writes: bool = False) -> using:
    """A use by a person of their own texts."""
    by = Actor("data-subject", owner)
    return using(SHOWING, by=by, given=OwnData(owner), at=PLACE if writes else None)


def owns_a_customer(owner: UUID) -> bool:
    """Whether somebody owns a company here: such people alone are asked, and may offer."""
    return Membership.objects.filter(owner=owner, role=Role.OWNER).exists()


# -- its owner


def offer(
    owner: UUID, row_id: str, kind: str, values: dict[str, str], logo: bytes | None = None
) -> Publication | None:
    """Keep a text that its owner wrote; None when this form was sent already.  Raises NotNow."""
    if not owns_a_customer(owner):
        raise NotNow("Only an owner of a company here can offer something. Nothing was kept.")
    with as_owner(owner, writes=True):
        return _keep(Publication(id=UUID(row_id), owner_id=owner, kind=kind), values, logo=logo)


def _keep(
    row: Publication, values: dict[str, str], letter: str = "", logo: bytes | None = None
) -> Publication | None:
    if Publication.objects.filter(pk=row.pk).exists():
        return None
    try:
        with act():
            if Publication.objects.filter(Publication.going_on(), owner=row.owner_id).count() >= MOST:
                raise NotNow(f"There are {MOST} texts already. One of them has to be withdrawn first.")
            for name, value in values.items():
                setattr(row, name, value)
            _set_logo(row, logo)
            row.save(force_insert=True)
            if letter:
                notices.put(row.owner_id, "May we publish this?", letter)
    except IntegrityError:
        if Publication.objects.filter(pk=row.pk).exists():
            return None  # another press of the button was quicker
        raise
    return row


def _set_logo(row: Publication, logo: bytes | None) -> None:
    """Give a text another logo, or none (empty); part of the caller's act, which saves the row."""
    if logo is None:
        return
    before = row.logo
    kind = kind_of_picture(logo)
    row.picture = kind or None
    row.logo = stored.write(row.owner_id, f"logo.{kind.split('/')[1]}", kind, [logo], LOGO) if kind else None
    if before is not None:
        row.save(update_fields=["logo"])
        stored.remove(before)


def change(owner: UUID, pk: UUID, values: dict[str, str], logo: bytes | None = None) -> None:
    """Write something else: the old words leave every page at once, the new ones wait to be permitted.  Raises NotNow.

    Words that we asked for are still wanted when only what we left open is filled in; others we look at first.
    """
    with as_owner(owner, writes=True), act():
        row = _locked(pk, owner)
        is_as_asked = row.is_asked and row.is_wanted and row.permitted_at is None
        is_wanted = is_as_asked and values.get("text", "") == row.text
        for name in FIELDS:
            setattr(row, name, values.get(name) or None)
        _set_logo(row, logo)
        row.is_ours, row.is_wanted = False, is_wanted
        row.permitted_at, row.text_hash, row.published_at = None, "", None
        row.save(update_fields=["is_ours", "is_wanted", "logo", *UNPUBLISHED])


def permit(owner: UUID, pk: UUID, seen: str) -> Publication:
    """Permit exactly what was shown: `seen` is its hash.  It is published if we want it so.  Raises NotNow."""
    with as_owner(owner), act():
        row = _locked(pk, owner)
        if not owns_a_customer(owner):
            raise NotNow("You own no company here, so there is no page for it. Nothing was permitted.")
        if not row.name:
            raise NotNow("Your name is missing: fill it in first. Nothing was permitted.")
        if row.is_permitted and row.text_hash == seen:
            return row  # another press of the button
        if row.digest() != seen:
            raise NotNow("It is no longer what you were shown. Look at it again. Nothing was permitted.")
        given = {"permitted_at": timezone.now(), "text_hash": seen, "over_at": None, "published_at": None}
        Publication.objects.filter(pk=row.pk).update(**given)
    publish(pk)
    return Publication.objects.get(pk=pk)


def withdraw(owner: UUID, pk: UUID) -> None:
    """Take the permission back, decline a request, or drop a draft: it is on no page any more.  Raises NotNow."""
    with act():
        row = _locked(pk, owner)
        Publication.objects.filter(pk=row.pk).update(**UNPUBLISHED, over_at=timezone.now())


def _locked(pk: UUID, owner: UUID | None = None) -> Publication:
    """The text as it stands now, held until the act ends.  Raises NotNow when it is over, or not there."""
    whose = {} if owner is None else {"owner": owner}
    row: Publication | None = Publication.objects.select_for_update().filter(pk=pk, **whose).first()
    if row is None or row.is_over:
        raise NotNow("This was withdrawn meanwhile, or its time is over. Nothing was changed.")
    return row


# -- sales


def ask(by: Actor, row_id: str, address: str, kind: str, text: str) -> Publication | None:
    """Ask the owner of a Customer, by mail and in their account; None when this form was sent already.  Raises NotNow.

    It is over when nobody answers it within thirty days.
    """
    people = Person.objects.lookup(email=address).exclude(proven_at=None)
    person = next((each for each in people if owns_a_customer(each.owner_id)), None)
    if person is None:
        raise NotNow("Nobody with this address owns a company here. Nothing was asked.")
    row = Publication(
        id=UUID(row_id), owner_id=person.owner_id, kind=kind, is_asked=True, is_ours=True, is_wanted=True,
        over_at=timezone.now() + ANSWERED,
    )  # fmt: skip
    with using(PURPOSE, by=by, at=DESK) as opening:
        if not opening.is_open_to(person):
            raise NotNow("This person does not want to be asked: they limited the use of their data.")
        return _keep(row, {"text": text}, _letter(row.pk))


def _letter(pk: UUID) -> str:
    company = settings.TROTH_COMPANY["company"]["name"]
    page = settings.TROTH_BASE_URLS["company"] + reverse("own-showcase-one", "troth.config.urls", args=[pk])
    return (
        f"{company} would like to show on its site that you are a Customer, or what you say about it.\n\n"
        f"You see the exact words here, and can change, permit or decline them:\n{page}\n\n"
        f"Nothing appears unless you permit it. If you do nothing, the request is over after {ANSWERED.days} days and"
        " its text is deleted.\n"
    )


def accept(pk: UUID, seen: str) -> None:
    """Want a text on our pages that its owner offered and permits: `seen` is the hash of what staff read.

    Raises NotNow when that is not what is permitted: nobody but its owner can publish anything.
    """
    with act():
        row = _locked(pk)
        if not row.is_permitted or row.text_hash != seen:
            raise NotNow("Its owner no longer permits this text, or changed it. Nothing was published.")
        Publication.objects.filter(pk=pk).update(is_wanted=True)
    if publish(pk):
        _tell(row, "is on our pages", "You permitted it, and we put it up.")


def take_off(pk: UUID) -> None:
    """Want a text on our pages no more, or withdraw our request.  Raises NotNow."""
    with act():
        row = _locked(pk)
        over = {**UNPUBLISHED, "over_at": timezone.now()}
        Publication.objects.filter(pk=pk).update(is_wanted=False, **over)
    _tell(row, "is not on our pages", "We took it off, or will not put it up. It is deleted.")


def _tell(row: Publication, what: str, words: str) -> None:
    page = settings.TROTH_BASE_URLS["company"] + reverse("own-showcase", "troth.config.urls")
    text = f"{words}\n\nWhat we may publish of yours: {page}\n"
    notices.tell(row.owner_id, f"Your text {what}", text)


# -- our systems


def publish(pk: UUID) -> bool:
    """Put a text on its page, if it is permitted and wanted there: once on record as given to anyone, it stands.

    Nothing happens while its owner objects, or restricts the use of their data.
    """
    row = Publication.objects.filter(pk=pk, is_wanted=True, published_at=None).first()
    if row is None or not row.is_permitted:
        return False
    with using(PURPOSE, by=SYSTEM, given=Permission(row)) as opening:
        if not opening.is_open_to(row) or row.digest() != row.text_hash:
            return False
    disclose(
        row, (*FIELDS, "picture"), to=PUBLIC, purpose=PURPOSE, by=SYSTEM, country="", given=Permission(row),
        reference=row.text_hash,
    )  # fmt: skip
    same = {"text_hash": row.text_hash, "permitted_at": row.permitted_at, "is_wanted": True}
    return bool(Publication.objects.filter(pk=pk, **same).update(published_at=timezone.now()))


def publish_waiting() -> int:
    """Put up what is permitted and wanted and does not stand yet: a crash came between, or a limit was lifted."""
    waiting = Publication.objects.filter(is_wanted=True, published_at=None, over_at=None)
    permitted = waiting.exclude(permitted_at=None).order_by("permitted_at")
    return sum(publish(pk) for pk in list(permitted.values_list("pk", flat=True)[:100]))


def tidy() -> int:
    """Take away logos whose text is gone, with the time for which it was kept; returns how many."""
    kept = Publication.objects.exclude(logo=None).values("logo")
    lost = StoredFile.objects.filter(category=LOGO).exclude(pk__in=kept)
    gone = list(lost.filter(stored_at__lt=timezone.now() - WRITTEN)[:100])
    for each in gone:
        stored.remove(each)
    return len(gone)
