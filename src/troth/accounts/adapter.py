"""What the sign-in library is told to do differently (docs.allauth.org, adapters)."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import NoReverseMatch, reverse

from troth.gate import watch
from troth.gate.keystore.boxes import open_text, seal_text
from troth.gate.outbound.mail import enqueue
from troth.gate.uses import SYSTEM, act, using
from troth.gate.watch.nets import Net

from . import addresses, passwords
from .addresses import PURPOSE
from .levels import held
from .models import StaffMember, User

FAILED = watch.reports("sign-in-failed", "troth.accounts.adapter:AccountAdapter")
SECOND_FACTORS = [Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN]
WAYS = {
    "reauthenticate": "Use your password", "mfa_reauthenticate:webauthn": "Use a passkey",
    "mfa_reauthenticate": "Use a code from your app, or a recovery code",
}  # fmt: skip
"""To confirm who one is, in the order in which they are offered."""


class AccountAdapter(DefaultAccountAdapter):
    """Sign-up is our own; addresses become handles; mail goes through the gate; passwords are explained."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def clean_email(self, email: str) -> str:
        return addresses.handle_for(email)

    def clean_password(self, password: str, user: Any = None) -> str:
        is_known = isinstance(user, User) and user.pk is not None
        words = addresses.words_of(user) if is_known else []
        passwords.validate(password, words, is_known and is_mfa_enabled(user, SECOND_FACTORS))
        return password

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        try:
            super().pre_authenticate(request, **credentials)
        except ValidationError:
            self.authentication_failed(request, **credentials)
            raise

    def authentication_failed(self, request: HttpRequest, **credentials: Any) -> None:
        """Say so: of whose account, where it is somebody's."""
        handle = str(credentials.get("email", ""))
        user = User.objects.filter(email=handle).first()
        watch.saw(FAILED, account=user.subject_id.hex if user else "", each=(watch.mark(handle),))

    def _get_login_attempts_cache_key(self, request: HttpRequest, **credentials: Any) -> str:
        """Failed tries at an account are counted for each sender apart: nobody locks somebody else out."""
        # Of version 6 anybody has more addresses than tries: its network counts.
        sender = Net.of(request.META.get("REMOTE_ADDR", ""))
        return f"{super()._get_login_attempts_cache_key(request, **credentials)}:{sender}"

    def get_login_stages(self) -> list[str]:
        return ["troth.accounts.challenge.Challenge", *super().get_login_stages()]

    def set_password(self, user: User, password: str) -> None:
        user.is_password_short = len(password) < passwords.FULL
        super().set_password(user, password)

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """To whoever owns the login with this handle, and to nobody else."""
        user = User.objects.filter(email=email).first()
        if user is not None:
            with act():
                self.tell(template_prefix, user, context)

    def tell(self, template_prefix: str, user: User, context: dict[str, Any]) -> None:
        """Write to whoever a login belongs to, as a part of the act that is open."""
        holder = addresses.holder_of(user)
        if holder is None:
            return
        security = settings.TROTH_BASE_URLS["company"] + reverse("account_security", "troth.config.urls")
        company = settings.TROTH_COMPANY["company"]["name"]
        message = self.render_mail(
            template_prefix, user.email, {**context, "security_url": security, "company_name": company}
        )
        with using(PURPOSE, by=SYSTEM, given=addresses.ground_of(holder)):
            enqueue(holder.owner_id, holder.email, message.subject, message.body)

    def get_login_redirect_url(self, request: HttpRequest) -> str:
        """Staff go to the office, people to their account."""
        if StaffMember.objects.filter(user=request.user.pk).exists():
            return reverse("office")
        try:
            return reverse("account")
        except NoReverseMatch:
            return reverse("account_security")

    def get_reauthentication_methods(self, user: Any) -> list[dict[str, Any]]:
        """The first is what people are asked for: a password, else a passkey, else a code."""
        ways = super().get_reauthentication_methods(user)
        for way in ways:
            way["description"] = WAYS[way["id"]]
        return sorted(ways, key=lambda way: list(WAYS).index(way["id"]))

    def get_password_change_redirect_url(self, request: HttpRequest) -> str:
        return reverse("account_security")

    def respond_user_inactive(self, request: HttpRequest, user: User) -> HttpResponse:
        messages.error(request, "This account is closed.")
        return redirect("account_login")


class MFAAdapter(DefaultMFAAdapter):
    """Second-factor secrets are sealed, and labels name no address."""

    error_messages = {
        **DefaultMFAAdapter.error_messages,
        "incorrect_code": "This was not accepted. Try it again, or take another way in.",
        "cannot_delete_authenticator": (
            f"This is the last second step you have. Your company asks for one, or your password has fewer than"
            f" {passwords.FULL} characters, which is enough only beside a second step: then choose a longer one first."
        ),
    }

    def encrypt(self, text: str) -> str:
        return seal_text(settings.TROTH_KEYS, "second-factors", text)

    def decrypt(self, encrypted_text: str) -> str:
        return open_text(settings.TROTH_KEYS, "second-factors", encrypted_text)

    def can_delete_authenticator(self, authenticator: Authenticator) -> bool:
        """A short password never stands alone, and nobody gives up what their company asks of them."""
        user = authenticator.user
        others = Authenticator.objects.filter(user=user, type__in=SECOND_FACTORS).exclude(pk=authenticator.pk)
        asked = held.of_person(user.subject_id)
        is_asked = asked["second_factor"] == "everybody" or asked["passkeys"] == "yes"
        return others.exists() or not (user.is_password_short or is_asked)

    def generate_authenticator_name(self, user: User, type: Authenticator.Type) -> str:
        return f"Passkey {Authenticator.objects.filter(user=user, type=type).count() + 1}"

    def get_totp_label(self, user: User) -> str:
        return _label(user)

    def get_totp_issuer(self) -> str:
        return str(settings.TROTH_COMPANY["company"]["name"])

    def get_public_key_credential_rp_entity(self) -> dict[str, str]:
        return {**super().get_public_key_credential_rp_entity(), "name": self.get_totp_issuer()}

    def get_public_key_credential_user_entity(self, user: User) -> dict[str, Any]:
        """What a browser lists: never an address, and no name either."""
        entity: dict[str, Any] = super().get_public_key_credential_user_entity(user)
        return {**entity, "name": _label(user), "display_name": _label(user)}


def _label(user: User) -> str:
    """Tells two accounts on one device apart, and says nothing of whose they are."""
    return f"Account {user.pk.hex[-4:].upper()}"
