"""Pages of the workspace host."""

from django.urls import include, path

from troth.apps.pages import views

handler400 = "troth.config.failures.bad_request"
handler403 = "troth.config.failures.forbidden"
handler404 = "troth.config.failures.not_found"
handler500 = "troth.config.failures.server_error"

urlpatterns = [
    path("", views.workspace, name="workspace"),
    path("", include("troth.apps.files.urls_look")),
    path("", include("troth.apps.showcase.urls_look")),
    path("company.css", views.company_css, name="company-css"),
]
