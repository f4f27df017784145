"""Pages about visits; on each host that counts them, since a cookie belongs to one host."""

from django.urls import path

from . import views

urlpatterns = [
    path("you/", views.you, name="you"),
    path("you/this-browser.json", views.you_download, name="you-download"),
    path("you/forget/", views.you_forget, name="you-forget"),
    path("you/disconnect/", views.you_unlink, name="you-unlink"),
    path("you/shown/", views.you_switch, name="you-switch"),
    path("account/browsers/<uuid:pk>/disconnect/", views.unlink, name="browser-unlink"),
    path("cookies/", views.cookies, name="cookies"),
    path(".well-known/gpc.json", views.gpc, name="gpc"),
]
