"""Where providers live: the public register, their own page, their API, and the office's pages."""

from django.urls import path

from . import desk, door, portal, views

urlpatterns = [
    path("privacy/providers/", views.register, name="providers"),
    path("providers/", portal.page, name="provider"),
    path("providers/leave/", portal.leave, name="provider-leave"),
    path("providers/<uuid:pk>/", portal.one, name="provider-duty"),
    path("providers/<uuid:pk>/records/", portal.records, name="provider-records"),
    path("providers/<uuid:pk>/file/", portal.file, name="provider-file"),
    path("providers/<uuid:pk>/report/", portal.report, name="provider-report"),
    path("providers/<uuid:pk>/deleted/", portal.deleted, name="provider-deleted"),
    path("api/v1/duty/", door.about, name="duty-api"),
    path("api/v1/duty/records/", door.records, name="duty-api-records"),
    path("api/v1/duty/reports/", door.reports, name="duty-api-reports"),
    path("office/providers/", desk.listing, name="office-providers"),
    path("office/providers/contract/", desk.contract, name="office-provider-contract"),
    path(
        "office/providers/contract/<slug:recipient>/",
        desk.contract_file,
        name="office-provider-contract-file",
    ),
    path("office/providers/duty/", desk.begin, name="office-duty-begin"),
    path("office/providers/<uuid:pk>/", desk.one, name="office-duty"),
    path("office/providers/<uuid:pk>/key/", desk.key, name="office-duty-key"),
    path("office/providers/<uuid:pk>/key/<uuid:which>/end/", desk.end_key, name="office-duty-key-end"),
    path("office/providers/<uuid:pk>/end/", desk.end, name="office-duty-end"),
]
