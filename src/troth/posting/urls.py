"""Posts on the community host."""

from django.urls import path

from . import views

urlpatterns = [
    path("posts/mine/", views.mine, name="own-posts"),
    path("posts/mine/afterwards/", views.wish, name="own-posts-afterwards"),
    path("posts/<uuid:which>/", views.one, name="post"),
    path("posts/<uuid:which>/edit/", views.edit, name="post-edit"),
    path("posts/<uuid:which>/remove/", views.remove, name="post-remove"),
    path("posts/<uuid:which>/earlier/", views.history, name="post-earlier"),
    path("posts/<uuid:which>/report/", views.report, name="post-report"),
    path("posts/<uuid:which>/read-no-more/", views.block, name="post-block"),
    path("posts/read-again/<uuid:which>/", views.unblock, name="post-unblock"),
]
