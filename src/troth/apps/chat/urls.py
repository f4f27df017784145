"""Where chat rooms are on the community host."""

from django.urls import path

from . import views

urlpatterns = [
    path("chat/", views.rooms, name="chat"),
    path("chat/<slug:slug>/", views.room, name="chat-room"),
    path("chat/<slug:slug>/lines", views.lines, name="chat-lines"),
    path("chat/<slug:slug>/join/", views.join, name="chat-join"),
    path("chat/<slug:slug>/leave/", views.leave, name="chat-leave"),
]
