"""A company's security."""

from django.urls import path

from . import views

COMPANY = "account/people/<uuid:customer>/security/"

urlpatterns = [
    path(COMPANY, views.overview, name="company-security"),
    path(COMPANY + "change/", views.change, name="company-security-change"),
    path(COMPANY + "save/", views.save, name="company-security-save"),
    path(COMPANY + "try/", views.attempt, name="company-security-try"),
    path(COMPANY + "yes/<uuid:nod>/", views.give, name="company-security-yes"),
    path("account/people/<uuid:customer>/leave/", views.leave, name="company-leave"),
]
