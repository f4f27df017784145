"""Boards in the office, on the company host."""

from django.urls import path

from . import desk

OFFICE = "office/boards/"

urlpatterns = [
    path(OFFICE, desk.overview, name="office-boards"),
    path(OFFICE + "sections/", desk.add, name="office-boards-add"),
    path(OFFICE + "sections/<int:which>/open/", desk.open_or_close, name="office-boards-open"),
    path(OFFICE + "<uuid:which>/lock/", desk.lock, name="office-boards-lock"),
    path(OFFICE + "<uuid:which>/pin/", desk.pin, name="office-boards-pin"),
]
