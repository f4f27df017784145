"""What the workspace host serves of the showcase: logos."""

from django.urls import path

from . import logos

urlpatterns = [
    path("look/published/<uuid:which>/<str:mark>/", logos.published, name="published-logo"),
    path("look/written/<str:token>/", logos.previewed, name="logo-preview"),
]
