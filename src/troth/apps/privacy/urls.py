"""Where one's own pages and the JSON API live."""

from django.urls import path

from . import correcting, leaving, taking, views
from .api import api

urlpatterns = [
    path("account/privacy/", views.overview, name="own-privacy"),
    path("account/privacy/held/", views.held, name="own-held"),
    path("account/privacy/uses/", views.uses, name="own-uses"),
    path("account/privacy/received/", views.received, name="own-received"),
    path("account/privacy/choices/", views.choices, name="own-choices"),
    path("account/privacy/choices/make/", views.choose, name="own-choose"),
    path("account/privacy/correct/<slug:group>/", correcting.correct, name="own-correct"),
    path("account/privacy/receipts/<str:entry>/", views.receipt_page, name="own-receipt"),
    path("account/privacy/receipts/<str:entry>/receipt.json", views.receipt_json, name="own-receipt-json"),
    path("account/privacy/export/", taking.exports, name="own-export"),
    path("account/privacy/export/new/", taking.ask, name="own-export-ask"),
    path("account/privacy/export/<uuid:export>/your-data.zip", taking.download, name="own-export-file"),
    path("account/privacy/erase/", leaving.page, name="own-erase"),
    path("account/privacy/erased/", leaving.erased, name="own-erased"),
    path("api/v1/", api.urls),
]
