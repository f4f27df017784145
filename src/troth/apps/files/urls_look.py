"""What the workspace host serves of files: pictures, by a link that ends after five minutes."""

from django.urls import path

from . import downloads

urlpatterns = [path("look/<str:token>/", downloads.look, name="file-look")]
