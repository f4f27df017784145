"""Customers and testimonials; what we may publish; the desk of sales."""

from django.urls import path

from . import desk, views

OWN, OFFICE = "account/publish/", "office/showcase/"

urlpatterns = [
    path("customers/", views.customers, name="customers"),
    path("testimonials/", views.testimonials, name="testimonials"),
    path(OWN, views.overview, name="own-showcase"),
    path(OWN + "new/", views.offer, name="own-showcase-new"),
    path(OWN + "<uuid:which>/", views.one, name="own-showcase-one"),
    path(OWN + "<uuid:which>/change/", views.change, name="own-showcase-change"),
    path(OWN + "<uuid:which>/permit/", views.permit, name="own-showcase-permit"),
    path(OWN + "<uuid:which>/withdraw/", views.withdraw, name="own-showcase-withdraw"),
    path(OFFICE, desk.listing, name="office-showcase"),
    path(OFFICE + "ask/", desk.ask, name="office-showcase-ask"),
    path(OFFICE + "<uuid:which>/accept/", desk.accept, name="office-showcase-accept"),
    path(OFFICE + "<uuid:which>/take-off/", desk.take_off, name="office-showcase-take-off"),
]
