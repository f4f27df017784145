"""What the sign-in library is told to do differently (docs.allauth.org, adapters)."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.forms import LoginForm as LibraryLoginForm
from allauth.mfa.adapter import DefaultMFAAdapter
from django.conf import settings
from django.http import HttpRequest

from troth.gate.keystore.boxes import open_text, seal_text
from troth.gate.outbound.mail import enqueue
from troth.gate.registry import serves
from troth.gate.uses import SYSTEM, act, using

from . import addresses
from .models import StaffMember, User

PURPOSE = serves("signing-in")


class AccountAdapter(DefaultAccountAdapter):
    """Staff are appointed, so sign-up is closed; addresses become handles; mail goes through the gate."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def clean_email(self, email: str) -> str:
        return addresses.handle_for(email)

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        staff = StaffMember.objects.filter(user__email=email).first()
        if staff is None:
            return
        message = self.render_mail(template_prefix, email, context)
        with using(PURPOSE, by=SYSTEM), act():
            enqueue(staff.owner_id, staff.email, message.subject, message.body)


class LoginForm(LibraryLoginForm):
    """The library's form; what is typed leaves it as a handle."""

    def clean_login(self) -> str:
        return addresses.handle_for(super().clean_login())


class MFAAdapter(DefaultMFAAdapter):
    """Second-factor secrets are sealed, and labels name no address."""

    def encrypt(self, text: str) -> str:
        return seal_text(settings.TROTH_KEYS, "second-factors", text)

    def decrypt(self, encrypted_text: str) -> str:
        return open_text(settings.TROTH_KEYS, "second-factors", encrypted_text)

    def get_totp_label(self, user: User) -> str:
        return "staff"

    def get_totp_issuer(self) -> str:
        return str(settings.TROTH_COMPANY["company"]["name"])
