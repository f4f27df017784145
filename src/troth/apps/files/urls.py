"""Where the files of a workspace live.  Those whose bodies are read as they come: `config/incoming.py`."""

from django.urls import path

from . import answering, downloads, views

HERE = "workspaces/<uuid:workspace>/files/"

urlpatterns = [
    path(HERE, views.folder, name="workspace-files"),
    path(HERE + "folders/<uuid:folder>/", views.folder, name="workspace-folder"),
    path(HERE + "upload/", views.upload, name="workspace-upload"),
    path(HERE + "folders/<uuid:folder>/upload/", views.upload, name="workspace-folder-upload"),
    path(HERE + "folders/new/", views.make_folder, name="workspace-folder-new"),
    path(HERE + "change/<uuid:what>/", views.change, name="workspace-file-change"),
    path(HERE + "trash/", views.trash, name="workspace-trash"),
    path(HERE + "uploads/", answering.begin, name="workspace-upload-begin"),
    path(HERE + "uploads/<uuid:upload>/", answering.upload, name="workspace-upload-piece"),
    path(HERE + "uploads/<uuid:upload>/finish/", answering.finish, name="workspace-upload-finish"),
    path(HERE + "uploads/<uuid:upload>/drop/", answering.drop, name="workspace-upload-drop"),
    path(HERE + "<uuid:document>/", views.file, name="workspace-file"),
    path(HERE + "<uuid:document>/download/", downloads.download, name="workspace-file-download"),
    path(HERE + "<uuid:document>/versions/<int:number>/", downloads.download, name="workspace-file-version"),
]
