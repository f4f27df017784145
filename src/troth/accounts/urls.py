"""Signing in, the account's protection, and its sessions.  Of the sign-in library only what is listed here."""

from allauth.account import views as library
from django.urls import URLPattern, URLResolver, include, path
from django.views.generic import RedirectView

from . import challenge, crossing, security

urlpatterns: list[URLPattern | URLResolver] = [
    path(
        ".well-known/change-password",
        RedirectView.as_view(pattern_name="account_change_password"),
        name="change-password",
    ),
    path("account/security/", security.overview, name="account_security"),
    path("account/security/end-others/", security.end_other_sessions, name="account_end_others"),
    path("account/security/<uuid:sign_in>/end/", security.end_session, name="account_end_session"),
    path("account/community/", crossing.cross, name="cross"),
    path("accounts/login/", security.sign_in, name="account_login"),
    path("accounts/login/code/", challenge.challenge, name="account_challenge"),
    path("accounts/logout/", security.sign_out, name="account_logout"),
    path("accounts/reauthenticate/", library.reauthenticate, name="account_reauthenticate"),
    path("accounts/password/advice/", security.advise, name="password_advice"),
    path("accounts/password/change/", library.password_change, name="account_change_password"),
    path("accounts/password/reset/", security.ask_reset, name="account_reset_password"),
    path(
        "accounts/password/reset/code/",
        library.confirm_password_reset_code,
        name="account_confirm_password_reset_code",
    ),
    path(
        "accounts/password/reset/new/",
        library.complete_password_reset,
        name="account_complete_password_reset",
    ),
    path(
        "accounts/password/reset/done/",
        library.password_reset_from_key_done,
        name="account_password_reset_completed",
    ),
    path("accounts/2fa/webauthn/keys/<int:pk>/remove/", security.remove_passkey, name="mfa_remove_webauthn"),
    path(
        "accounts/2fa/webauthn/reauthenticate/",
        security.ConfirmByPasskey.as_view(),
        name="mfa_reauthenticate_webauthn",
    ),
    path("accounts/2fa/", include("allauth.mfa.urls")),
]
