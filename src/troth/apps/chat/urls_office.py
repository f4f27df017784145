"""Where staff make chat rooms."""

from django.urls import path

from . import desk

urlpatterns = [
    path("office/chat/", desk.rooms, name="office-chat"),
    path("office/chat/<uuid:which>/", desk.change, name="office-chat-room"),
    path("office/chat/<uuid:which>/close/", desk.close, name="office-chat-close"),
]
