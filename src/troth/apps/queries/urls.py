"""Where queries live, in their workspace."""

from django.urls import path

from . import views

HERE = "workspaces/<uuid:workspace>/queries/"

urlpatterns = [
    path(HERE, views.queries, name="queries"),
    path(HERE + "<uuid:query>/", views.query, name="query"),
    path(HERE + "<uuid:query>/delete/", views.delete, name="query-delete"),
    path(HERE + "runs/<uuid:run>/", views.run, name="query-run"),
    path(HERE + "runs/<uuid:run>/answer.csv", views.answer, name="query-answer"),
    path(HERE + "runs/<uuid:run>/cancel/", views.cancel, name="query-cancel"),
]
