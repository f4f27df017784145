"""Pages of the community host."""

from django.urls import include, path

from troth.accounts import crossing
from troth.apps.pages import views

handler400 = "troth.config.failures.bad_request"
handler403 = "troth.config.failures.forbidden"
handler404 = "troth.config.failures.not_found"
handler500 = "troth.config.failures.server_error"

urlpatterns = [
    path("", views.community, name="community"),
    path("sign-in/", crossing.ask, name="account_login"),
    path("sign-in/arrive/", crossing.arrive, name="arrive"),
    path("sign-out/", crossing.leave, name="sign-out"),
    path("", include("troth.posting.urls")),
    path("", include("troth.apps.boards.urls")),
    path("", include("troth.apps.blog.urls")),
    path("", include("troth.apps.chat.urls")),
    path("company.css", views.company_css, name="company-css"),
    path("", include("troth.apps.navigation.urls")),
    path("", include("troth.accounts.binding.urls")),
]
