"""Pages of the company host."""

from allauth.account import views as account
from django.urls import include, path

handler400 = "troth.config.failures.bad_request"
handler403 = "troth.config.failures.forbidden"
handler404 = "troth.config.failures.not_found"
handler500 = "troth.config.failures.server_error"

urlpatterns = [
    path("", include("troth.apps.pages.urls")),
    path("", include("troth.apps.enquiries.urls")),
    path("", include("troth.apps.rights.urls")),
    path("", include("troth.apps.privacy.urls")),
    path("", include("troth.apps.office.urls")),
    path("", include("troth.accounts.people.urls")),
    # Of the sign-in library only what staff need: no sign-up, no addresses page, no reset by mail yet.
    path("accounts/login/", account.login, name="account_login"),
    path("accounts/logout/", account.logout, name="account_logout"),
    path("accounts/reauthenticate/", account.reauthenticate, name="account_reauthenticate"),
    path("accounts/password/change/", account.password_change, name="account_change_password"),
    path("accounts/password/set/", account.password_set, name="account_set_password"),
    path("accounts/2fa/", include("allauth.mfa.urls")),
]
