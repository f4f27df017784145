"""The desk of legal records, and the public count."""

from django.urls import path

from . import desk, views

OFFICE = "office/legal/"

urlpatterns = [
    path("privacy/legal/", views.counts, name="legal-counts"),
    path(OFFICE, desk.listing, name="office-legal"),
    path(OFFICE + "enter/", desk.enter, name="office-legal-enter"),
    path(OFFICE + "<str:number>/", desk.page, name="office-legal-one"),
    path(OFFICE + "<str:number>/approve/", desk.approve, name="office-legal-approve"),
    path(OFFICE + "<str:number>/end/", desk.end, name="office-legal-end"),
    path(OFFICE + "<str:number>/package/", desk.make, name="office-legal-package"),
    path(OFFICE + "<str:number>/order/", desk.download, {"what": "order"}, name="office-legal-order"),
    path(
        OFFICE + "<str:number>/package.zip.age", desk.download, {"what": "package"}, name="office-legal-file"
    ),
]
