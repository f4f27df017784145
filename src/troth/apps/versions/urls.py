"""Versions of the statement: the archive, the person's page, the desk."""

from django.urls import path

from . import desk, views

OFFICE = "office/versions/"

urlpatterns = [
    path("privacy/versions/", views.archive, name="versions"),
    path("privacy/versions/<str:version>/changes/", views.changes, name="version-changes"),
    path("account/statement/", views.own, name="own-version"),
    path("account/statement/agree/", views.agree, name="own-version-agree"),
    path(OFFICE, desk.listing, name="office-versions"),
    path(OFFICE + "draft/", desk.draft, name="office-version-draft"),
    path(OFFICE + "<uuid:pk>/", desk.page, name="office-version"),
    path(OFFICE + "<uuid:pk>/approve/", desk.approve, name="office-version-approve"),
    path(OFFICE + "<uuid:pk>/drop/", desk.drop, name="office-version-drop"),
]
