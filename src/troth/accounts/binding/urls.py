"""What browsers themselves call, on each host where somebody can be signed in."""

from django.urls import path

from . import views
from .bindings import REFRESH, REGISTER

urlpatterns = [
    path(REGISTER.removeprefix("/"), views.register, name="device-register"),
    path(REFRESH.removeprefix("/"), views.refresh, name="device-refresh"),
]
