"""Where workspaces live: `/workspaces/` and, for each, its subject's id."""

from django.urls import path

from . import people, views

HERE = "workspaces/<uuid:workspace>/"

urlpatterns = [
    path("workspaces/", views.workspaces, name="workspaces"),
    path("workspaces/new/", views.begin, name="workspace-begin"),
    path("workspaces/offers/<str:token>/", people.offer_open, name="offer-open"),
    path("workspaces/offer/", people.offer_accept, name="offer"),
    path("office/workspace/", views.own, name="office-own-workspace"),
    path(HERE, views.home, name="workspace-home"),
    path(HERE + "people/", people.people, name="workspace-people"),
    path(HERE + "people/seat/", people.seat, name="workspace-seat"),
    path(HERE + "people/<uuid:person>/role/", people.role, name="workspace-role"),
    path(HERE + "people/<uuid:person>/remove/", people.unseat, name="workspace-unseat"),
    path(HERE + "people/offer/", people.offer, name="workspace-offer"),
    path(HERE + "people/offers/<uuid:which>/withdraw/", people.withdraw, name="workspace-withdraw"),
    path(HERE + "people/grants/<uuid:which>/revoke/", people.revoke, name="workspace-revoke"),
    path(HERE + "log/", views.log, name="workspace-log"),
    path(HERE + "settings/", views.settings, name="workspace-settings"),
    path(HERE + "settings/end/", views.end, name="workspace-end"),
    path(HERE + "settings/take-back/", views.take_back, name="workspace-take-back"),
    path(HERE + "settings/delete/", views.delete, name="workspace-delete"),
]
