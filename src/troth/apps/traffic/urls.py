"""Visits in the office."""

from django.urls import path

from . import desk

urlpatterns = [
    path("office/visits/", desk.traffic_page, name="office-traffic"),
    path("office/visits/<slug:report>.csv", desk.traffic_csv, name="office-traffic-csv"),
]
