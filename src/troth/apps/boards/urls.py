"""Boards, on the community host."""

from django.urls import path

from . import views

urlpatterns = [
    path("boards/", views.overview, name="boards"),
    path("boards/search/", views.find, name="boards-search"),
    path("boards/feed/", views.feed, name="boards-feed"),
    path("boards/topics/<uuid:which>/", views.topic, name="topic"),
    path("boards/topics/<uuid:which>/reply/", views.reply, name="topic-reply"),
    path("boards/<slug:slug>/", views.section, name="board"),
    path("boards/<slug:slug>/new/", views.begin, name="board-begin"),
    path("boards/<slug:slug>/feed/", views.feed, name="board-feed"),
]
