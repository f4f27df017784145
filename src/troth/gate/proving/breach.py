"""A breach planted on purpose: tests and the sample installation use it to see `security.measures` break."""

from django.db import connection, transaction

from ..subjects.erase import erase
from ..subjects.models import DataSubject, Kind, PersonalModel
from ..subjects.register import personal_models
from ..uses import SYSTEM

PLANTED = b"planted.by.hand@plain.example"
MESSAGE_ID = "<planted@plain.example>"


def _target() -> type[PersonalModel]:
    return next(model for model in personal_models() if model._meta.db_table == "outbound_message")


def plant() -> None:
    """Put an e-mail address in clear into a sealed column, past the gate, as a careless script would."""
    mend()
    subject = DataSubject.begin(Kind.PERSON)
    row = _target()(owner=subject, state="held", message_id=MESSAGE_ID)
    with transaction.atomic():
        row.save(force_insert=True)
        with connection.cursor() as cursor:
            cursor.execute(
                f"UPDATE {_target()._meta.db_table} SET sealed = %s WHERE message_id = %s",  # noqa: S608 - our own name
                [PLANTED, MESSAGE_ID],
            )


def mend() -> None:
    """Take the planted row away, with the subject that was made for it."""
    row = _target().objects.filter(message_id=MESSAGE_ID).first()
    if row is not None:
        erase(row.owner_id.hex, SYSTEM)


def is_planted() -> bool:
    """Whether the planted row is there."""
    return bool(_target().objects.filter(message_id=MESSAGE_ID).exists())
