"""Where keys are made, where the API is described, and the API."""

from django.urls import path

from . import views
from .api import api

HERE = "workspaces/<uuid:workspace>/api/"

urlpatterns = [
    path(HERE, views.page, name="workspace-api"),
    path(HERE + "<uuid:key>/end/", views.end, name="workspace-api-end"),
    path("developers/api/", views.description, name="api-reference"),
    path("api/v1/", api.urls),
]
