"""Where referrals live: for whoever refers, for the friend, and for staff."""

from django.urls import path

from . import desk, views

urlpatterns = [
    path("refer/", views.refer, name="refer"),
    path("refer/sent/", views.sent, name="refer-sent"),
    path("refer/visit/<uuid:code>/", views.visit, name="refer-visit"),
    path("refer/never/<str:token>/", views.never, name="refer-never"),
    path("account/referrals/", views.programme, name="referrals"),
    path("office/referrals/", desk.referrals, name="office-referrals"),
]
