"""The blog, on the community host."""

from django.urls import path

from . import views

urlpatterns = [
    path("blog/", views.listing, name="blog"),
    path("blog/feed/", views.feed, name="blog-feed"),
    path("blog/<slug:slug>/", views.article, name="article"),
    path("blog/<slug:slug>/comment/", views.comment, name="article-comment"),
]
