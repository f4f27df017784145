"""Where requests live: the requester's pages and the privacy officer's."""

from django.urls import path

from . import desk, desk_correcting, views

urlpatterns = [
    path("privacy/request/", views.ask, name="request-ask"),
    path("privacy/request/open/<str:token>/", views.open_link, name="request-open"),
    path("privacy/request/<str:number>/", views.page, name="request-page"),
    path("privacy/request/<str:number>/code/", views.code, name="request-code"),
    path("privacy/request/<str:number>/code/send/", views.send_code, name="request-code-send"),
    path("privacy/request/<str:number>/write/", views.write, name="request-write"),
    path("privacy/request/<str:number>/read/", views.read, name="request-read"),
    path("privacy/request/<str:number>/erase/", views.erase, name="request-erase"),
    path("privacy/request/<str:number>/archive/", views.archive, name="request-archive"),
    path("account/requests/", views.own_requests, name="own-requests"),
    path("office/requests/", desk.queue, name="office-requests"),
    path("office/requests/<str:number>/", desk.page, name="office-request"),
    path("office/requests/<str:number>/correct/", desk_correcting.choose, name="office-request-correct"),
    path(
        "office/requests/<str:number>/correct/<uuid:pk>/<slug:name>/",
        desk_correcting.correct,
        name="office-request-correct-field",
    ),
    path("office/requests/<str:number>/identity/", desk.identity, name="office-request-identity"),
    path("office/requests/<str:number>/message/", desk.message, name="office-request-message"),
    path("office/requests/<str:number>/close/", desk.close, name="office-request-close"),
]
