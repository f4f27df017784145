"""Visits in the office."""

from django.urls import path

from . import desk

urlpatterns = [
    path("office/visits/", desk.traffic_page, name="office-traffic"),
    path("office/visits/report/<slug:report>/", desk.report_page, name="office-traffic-report"),
    path("office/visits/<slug:report>.csv", desk.traffic_csv, name="office-traffic-csv"),
]
