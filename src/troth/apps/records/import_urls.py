"""Where imports and exports of a collection live."""

from django.urls import path

from . import export_views, import_views

HERE = "workspaces/<uuid:workspace>/records/<uuid:collection>/"
ONE = HERE + "import/<uuid:which>/"

urlpatterns = [
    path(HERE + "import/", import_views.imports, name="records-import"),
    path(HERE + "import/pieces/", import_views.first_piece, name="records-import-begin"),
    path(ONE, import_views.one, name="records-import-one"),
    path(ONE + "stop/", import_views.stop, name="records-import-stop"),
    path(ONE + "undo/", import_views.undo, name="records-import-undo"),
    path(ONE + "refused.csv", import_views.refused, name="records-import-refused"),
    path(ONE + "pieces/", import_views.piece, name="records-import-piece"),
    path(HERE + "export/", export_views.export, name="records-export"),
    path(HERE + "export/<str:form>/", export_views.download, name="records-export-file"),
]
