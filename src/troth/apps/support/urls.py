"""Where support lives: the Customer's pages in the workspace, and the staff's in the office."""

from django.urls import path

from . import desk, incident_desk, looks, views

HERE = "workspaces/<uuid:workspace>/help/"
LOOK = "office/looks/<str:number>/<uuid:subject>/"

urlpatterns = [
    path(HERE, views.listing, name="workspace-support"),
    path(HERE + "ask/", views.ask, name="workspace-support-ask"),
    path(HERE + "<str:number>/", views.page, name="workspace-support-request"),
    path(HERE + "<str:number>/end/", views.end, name="workspace-support-end"),
    path("office/workspaces/", desk.workspaces, name="office-workspaces"),
    path("office/support/", desk.requests, name="office-support"),
    path("office/approvals/", desk.approvals, name="office-approvals"),
    path("office/approvals/<uuid:which>/", desk.approve, name="office-approve"),
    path("office/incidents/", incident_desk.listing, name="office-incidents"),
    path("office/incidents/open/", incident_desk.open_one, name="office-incident-open"),
    path("office/incidents/<str:number>/", incident_desk.page, name="office-incident"),
    path("office/incidents/<str:number>/approve/", incident_desk.approve, name="office-incident-approve"),
    path("office/incidents/<str:number>/end/", incident_desk.end, name="office-incident-end"),
    path(LOOK, looks.page, name="office-look"),
    path(LOOK + "begin/", looks.begin, name="office-look-begin"),
    path(LOOK + "more/", looks.more, name="office-look-more"),
    path(LOOK + "<uuid:part>/", looks.part, name="office-look-part"),
]
