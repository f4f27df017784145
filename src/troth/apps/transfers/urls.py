"""Where data went: the public list, and the office's register."""

from django.urls import path

from . import views

urlpatterns = [
    path("privacy/countries/", views.public, name="countries"),
    path("office/transfers/", views.register, name="office-transfers"),
    path("office/transfers/left/", views.left, name="office-left"),
    path("office/transfers/transfers.csv", views.as_csv, name="office-transfers-csv"),
]
