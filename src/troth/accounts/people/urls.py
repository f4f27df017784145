"""Registration, one's own account, a company's people."""

from allauth.account.views import password_set
from allauth.mfa.totp.views import activate_totp
from allauth.mfa.webauthn.views import add_webauthn
from django.urls import path

from . import entering, own, people
from .doors import people_confirm

COMPANY = "account/people/<uuid:customer>/"

urlpatterns = [
    path("register/", entering.register, name="register"),
    path("register/code/", entering.code, name="register-code"),
    path("register/again/", entering.again, name="register-again"),
    path("join/<str:token>/", entering.join_open, name="join-open"),
    path("join/", entering.join, name="join"),
    path("account/", own.account, name="account"),
    path("account/confirm/", own.confirm, name="account-confirm"),
    path("account/confirm/send/", own.confirm_send, name="account-confirm-send"),
    # The library asks nobody to confirm a new way of signing in who has none yet: an open browser would do to keep one.
    path("accounts/password/set/", people_confirm(password_set), name="account_set_password"),
    path("accounts/2fa/totp/activate/", people_confirm(activate_totp), name="mfa_activate_totp"),
    path("accounts/2fa/webauthn/add/", people_confirm(add_webauthn), name="mfa_add_webauthn"),
    path("account/email/", own.email, name="account-email"),
    path("account/email/code/", own.email_code, name="account-email-code"),
    path("account/people/", people.people, name="account-people"),
    path(COMPANY, people.company, name="account-company"),
    path(COMPANY + "name/", people.rename, name="company-rename"),
    path(COMPANY + "invite/", people.invite, name="company-invite"),
    path(COMPANY + "invitations/<uuid:invitation>/withdraw/", people.withdraw, name="company-withdraw"),
    path(COMPANY + "members/<uuid:member>/role/", people.role, name="company-role"),
    path(COMPANY + "members/<uuid:member>/remove/", people.remove, name="company-remove"),
    path(COMPANY + "members/<uuid:member>/hand-over/", people.hand_over, name="company-hand-over"),
    path(COMPANY + "close/", people.close, name="company-close"),
]
