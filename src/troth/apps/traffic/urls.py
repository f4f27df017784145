"""Visits in the office."""

from django.urls import path

from . import desk

urlpatterns = [
    path("office/visits/", desk.traffic_page, name="office-traffic"),
    path("office/visits/now/", desk.live_page, name="office-live"),
    path("office/visits/faults/", desk.faults_page, name="office-faults"),
    path("office/visits/report/<slug:report>/", desk.report_page, name="office-traffic-report"),
    path("office/visits/<slug:report>.csv", desk.traffic_csv, name="office-traffic-csv"),
]
