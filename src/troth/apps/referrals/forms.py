"""The form of a referral.  Its fields come out of the statement."""

import re
from typing import Any, ClassVar

from django.core.exceptions import ValidationError

from troth.accounts.people.models import Person
from troth.gate.collection import CollectionForm
from troth.gate.subjects.index import mailbox_index
from troth.gate.uses import Actor, OwnData, using

from .flows import PLACE
from .models import Invitee

_LINK = re.compile(r"https?:|www\.|[/\\@<>]|\w\.[a-z]{2,}", re.IGNORECASE)


class ReferForm(CollectionForm):
    """Refer a friend (clause public.referral)."""

    place = PLACE
    model = Invitee
    autocomplete: ClassVar = {"your_name": "name", "friend_name": "off", "friend_email": "off"}

    def __init__(self, *args: Any, person: Person | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._person = person

    def clean_your_name(self) -> str:
        """Names go to somebody who asked for nothing: they carry no link of whoever fills in the form."""
        return _without_link(self.cleaned_data["your_name"])

    def clean_friend_name(self) -> str:
        return _without_link(self.cleaned_data["friend_name"])

    def clean_friend_email(self) -> str:
        address: str = self.cleaned_data["friend_email"]
        box = mailbox_index(address)
        if box is None:
            raise ValidationError("We cannot send to this address. Please check it.")
        if self._person and box == mailbox_index(_own_address(self._person)):
            raise ValidationError("This is your own address. Please give that of your friend.")
        return address


def _without_link(name: str) -> str:
    if _LINK.search(name):
        raise ValidationError("Please write a name alone, without a link or an address.")
    return name


def _own_address(person: Person) -> str:
    by = Actor("data-subject", person.owner_id)
    with using("showing-own-data", by=by, given=OwnData(person.owner_id)):
        return str(person.email)
