"""Where proposals live."""

from django.urls import path

from . import views

urlpatterns = [
    path("account/privacy/proposals/", views.own, name="own-proposals"),
    path("account/privacy/proposals/<uuid:pk>/accept/", views.accept, name="own-proposal-accept"),
    path("account/privacy/proposals/<uuid:pk>/decline/", views.decline, name="own-proposal-decline"),
    path("office/quality/", views.office, name="office-quality"),
]
