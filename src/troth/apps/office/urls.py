"""Pages of the office's frame."""

from django.conf import settings
from django.urls import path

from . import recipients, sample, staff, views

urlpatterns = [
    path("office/", views.overview, name="office"),
    path("office/mail/", views.mail, name="office-mail"),
    path("office/mail/<uuid:pk>/", views.message, name="office-message"),
    path("office/recipients/", recipients.listing, name="office-recipients"),
    path("office/staff/", staff.page, name="office-staff"),
    path("office/staff/invite/", staff.invite, name="office-staff-invite"),
    path("office/staff/<uuid:pk>/again/", staff.again, name="office-staff-again"),
    path("office/staff/<uuid:pk>/role/", staff.role, name="office-staff-role"),
    path("office/staff/<uuid:pk>/sign-out/", staff.sign_out, name="office-staff-sign-out"),
    path("office/staff/<uuid:pk>/anew/", staff.begin_anew, name="office-staff-anew"),
    path("office/staff/<uuid:pk>/left/", staff.let_go, name="office-staff-left"),
    path("office/staff/<uuid:pk>/back/", staff.take_back, name="office-staff-back"),
    path("office/ledger/", views.ledger, name="office-ledger"),
    path("office/ledger/<str:pk>/", views.entry, name="office-entry"),
]

if settings.TROTH_DEMO:
    urlpatterns += [
        path("sample/sign-in/", sample.become, name="demo-become"),
        path("office/break/", sample.break_it, name="office-break"),
        path("office/mend/", sample.mend_it, name="office-mend"),
    ]
