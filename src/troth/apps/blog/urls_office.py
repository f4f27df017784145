"""The blog in the office, on the company host."""

from django.urls import path

from . import desk

OFFICE = "office/blog/"

urlpatterns = [
    path(OFFICE, desk.overview, name="office-blog"),
    path(OFFICE + "new/", desk.write, name="office-blog-new"),
    path(OFFICE + "<uuid:which>/", desk.change, name="office-blog-change"),
    path(OFFICE + "<uuid:which>/close/", desk.close, name="office-blog-close"),
    path(OFFICE + "<uuid:which>/take-down/", desk.take_down, name="office-blog-take-down"),
]
