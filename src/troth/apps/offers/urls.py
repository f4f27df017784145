"""Joint offers; where partners fetch what is theirs; the desk of sales."""

from django.urls import path

from . import desk, door, portal, views

OFFICE = "office/offers/"

urlpatterns = [
    path("offers/", views.listing, name="offers"),
    path("offers/<uuid:which>/", views.one, name="offer"),
    path("offers/<uuid:which>/interest/", views.interest, name="offer-interest"),
    path("offers/<uuid:which>/withdraw/", views.withdraw, name="offer-withdraw"),
    path("partners/", portal.page, name="partner"),
    path("api/v1/joint-offer/records/", door.package, name="offer-api"),
    path(OFFICE, desk.listing, name="office-offers"),
    path(OFFICE + "promote/", desk.promote, name="office-offer-promote"),
    path(OFFICE + "partner/", desk.register, name="office-partner-register"),
    path(OFFICE + "partner/<uuid:which>/", desk.partner, name="office-partner"),
    path(OFFICE + "partner/<uuid:which>/end/", desk.end_partner, name="office-partner-end"),
    path(OFFICE + "part/<uuid:which>/key/", desk.make_key, name="office-part-key"),
    path(OFFICE + "<uuid:which>/", desk.one, name="office-offer"),
    path(OFFICE + "<uuid:which>/end/", desk.end, name="office-offer-end"),
]
