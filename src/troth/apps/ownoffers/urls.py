"""Offers of the Company's own; the desk of sales."""

from django.urls import path

from . import desk, views

OFFICE = "office/our-offers/"

urlpatterns = [
    path("our-offers/<uuid:which>/", views.one, name="own-offer"),
    path("our-offers/<uuid:which>/sent/", views.sent, name="own-offer-sent"),
    path("our-offers/open/<str:token>/", views.open_link, name="own-offer-open"),
    path("our-offers/answers/<uuid:pk>/", views.response, name="own-offer-response"),
    path("our-offers/answers/<uuid:pk>/back/", views.take_back, name="own-offer-back"),
    path(OFFICE, desk.listing, name="office-own-offers"),
    path(OFFICE + "<uuid:which>/", desk.one, name="office-own-offer"),
    path(OFFICE + "<uuid:which>/end/", desk.end, name="office-own-offer-end"),
    path(OFFICE + "<uuid:which>/answers/<uuid:pk>/", desk.handled, name="office-own-offer-handled"),
]
