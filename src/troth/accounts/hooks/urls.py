"""A company's own server, told of its security."""

from django.urls import path

from . import views

SERVER = "account/people/<uuid:customer>/security/server/"

urlpatterns = [
    path(SERVER, views.server, name="company-server"),
    path(SERVER + "try/", views.attempt, name="company-server-try"),
    path(SERVER + "stop/", views.stop, name="company-server-stop"),
]
