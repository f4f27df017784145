"""Passkeys at rest: what the sign-in library keeps of them in clear is sealed on its way to the table and back.

A passkey's public part is no secret, but its name is somebody's own words, and the rest tells what device they hold.
"""

import json
from typing import Any

from allauth.mfa.models import Authenticator
from django.conf import settings
from django.db.models.signals import post_init, post_save, pre_save
from django.dispatch import receiver

from troth.gate.keystore.boxes import open_text, seal_text

BOX, SEALED = "passkeys", "sealed"


def _is_passkey(instance: Authenticator) -> bool:
    return instance.__dict__.get("type") == Authenticator.Type.WEBAUTHN and "data" in instance.__dict__


@receiver(pre_save, sender=Authenticator)
def seal(sender: Any, instance: Authenticator, **_: Any) -> None:
    if _is_passkey(instance) and SEALED not in instance.data:
        instance.data = {SEALED: seal_text(settings.TROTH_KEYS, BOX, json.dumps(instance.data))}


@receiver(post_init, sender=Authenticator)
@receiver(post_save, sender=Authenticator)
def unseal(sender: Any, instance: Authenticator, **_: Any) -> None:
    if _is_passkey(instance) and SEALED in instance.data:
        instance.data = json.loads(open_text(settings.TROTH_KEYS, BOX, instance.data[SEALED]))
