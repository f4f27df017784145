"""Public pages of the company host."""

from django.urls import path

from . import publiclog, views

urlpatterns = [
    path("", views.home, name="home"),
    path("privacy/", views.statement_page, name="statement"),
    path("privacy/versions/<str:version>/", views.statement_version, name="statement-version"),
    path("company.css", views.company_css, name="company-css"),
    path("privacy/proof/", views.proof, name="proof"),
    path("agreement/", views.agreement, name="agreement"),
    path(".well-known/troth/log/checkpoint", publiclog.checkpoint, name="log-checkpoint"),
    path(".well-known/troth/log/checkpoint/<int:size>", publiclog.checkpoint_at, name="log-checkpoint-at"),
    path(
        ".well-known/troth/log/consistency/<int:old>/<int:new>", publiclog.consistency, name="log-consistency"
    ),
    path(".well-known/troth/log/vkey", publiclog.vkey, name="log-vkey"),
    path(".well-known/troth/log/tile/<path:path>", publiclog.tile, name="log-tile"),
]
