"""The moderators' queue, on the company host."""

from django.urls import path

from . import desk

OFFICE = "office/posts/"

urlpatterns = [
    path(OFFICE, desk.queue, name="office-posts"),
    path(OFFICE + "<uuid:which>/decide/", desk.decide, name="office-posts-decide"),
    path(OFFICE + "<uuid:which>/keep-from-posting/", desk.keep_from_posting, name="office-posts-ban"),
    path(OFFICE + "let-post/<uuid:which>/", desk.let_post, name="office-posts-lift"),
]
