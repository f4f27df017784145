"""Where collections live: in their workspace, each under its id."""

from django.urls import path

from . import field_views, grid_views, record_views, views

RECORDS = "workspaces/<uuid:workspace>/records/"
HERE = RECORDS + "<uuid:collection>/"

urlpatterns = [
    path(RECORDS, views.records, name="records"),
    path(RECORDS + "new/", views.begin, name="records-new"),
    path(HERE, grid_views.collection_page, name="records-collection"),
    path(HERE + "find/", grid_views.find, name="records-find"),
    path(HERE + "chosen/", grid_views.chosen, name="records-chosen"),
    path(HERE + "chosen/delete/", grid_views.delete, name="records-delete"),
    path(HERE + "chosen/change/", grid_views.change, name="records-change"),
    path(HERE + "undo/", grid_views.undo, name="records-undo"),
    path(HERE + "rename/", views.rename, name="records-rename"),
    path(HERE + "delete/", views.remove, name="records-remove"),
    path(HERE + "fields/", field_views.fields, name="records-fields"),
    path(HERE + "fields/new/", field_views.add, name="records-field-add"),
    path(HERE + "fields/<uuid:field>/", field_views.change, name="records-field"),
    path(HERE + "fields/<uuid:field>/move/", field_views.move, name="records-field-move"),
    path(HERE + "fields/<uuid:field>/remove/", field_views.remove, name="records-field-remove"),
    path(HERE + "new/", record_views.new, name="record-new"),
    path(HERE + "<uuid:record>/", record_views.record, name="record"),
    path(HERE + "<uuid:record>/edit/", record_views.edit, name="record-edit"),
]
