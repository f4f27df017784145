"""Public pages of the company host."""

from django.urls import URLPattern, path

from . import publiclog, securitytxt, told, views


def _log(prefix: str) -> list[URLPattern]:
    """The addresses of a log: the newest one without a number, each under its own."""
    return [
        path(f"{prefix}checkpoint", publiclog.checkpoint, name="log-checkpoint"),
        path(f"{prefix}checkpoint/<int:size>", publiclog.checkpoint_at, name="log-checkpoint-at"),
        path(f"{prefix}consistency/<int:old>/<int:new>", publiclog.consistency, name="log-consistency"),
        path(f"{prefix}vkey", publiclog.vkey, name="log-vkey"),
        path(f"{prefix}tile/<path:path>", publiclog.tile, name="log-tile"),
    ]


urlpatterns = [
    path("", views.home, name="home"),
    path("privacy/", views.statement_page, name="statement"),
    path("privacy/versions/<str:version>/", views.statement_version, name="statement-version"),
    path("company.css", views.company_css, name="company-css"),
    path("privacy/proof/", views.proof, name="proof"),
    path("privacy/told/open/<str:token>/", told.page, name="told"),
    path("agreement/", views.agreement, name="agreement"),
    path(".well-known/security.txt", securitytxt.security_txt, name="security-txt"),
    *_log(".well-known/troth/log/"),
    *_log(".well-known/troth/log/<int:number>/"),
]
