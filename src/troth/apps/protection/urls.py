"""The office's page of protection."""

from django.urls import path

from . import desk

urlpatterns = [
    path("office/protection/", desk.page, name="office-protection"),
    path("office/protection/canary/", desk.canary, name="office-protection-canary"),
    path("office/protection/<uuid:pk>/", desk.change, name="office-protection-change"),
]
