"""Where enquiries live: the visitor's pages and the staff's."""

from django.urls import path

from . import desk, views

urlpatterns = [
    path("contact/", views.contact, name="contact"),
    path("contact/sent/", views.contact_sent, name="contact-sent"),
    path("enquiries/open/<str:token>/", views.thread_open, name="thread-open"),
    path("enquiries/<uuid:pk>/", views.thread, name="thread"),
    path("enquiries/<uuid:pk>/reply/", views.thread_reply, name="thread-reply"),
    path("enquiries/<uuid:pk>/delete/", views.thread_delete, name="thread-delete"),
    path("enquiries/receipts/<str:entry>/", views.receipt_page, name="receipt"),
    path("enquiries/receipts/<str:entry>/receipt.json", views.receipt_json, name="receipt-json"),
    path("office/enquiries/", desk.inbox, name="inbox"),
    path("office/enquiries/<uuid:pk>/", desk.enquiry, name="enquiry"),
    path("office/enquiries/<uuid:pk>/answer/", desk.answer, name="enquiry-answer"),
    path("office/enquiries/<uuid:pk>/call/", desk.note_call, name="enquiry-call"),
    path("office/enquiries/<uuid:pk>/assign/", desk.assign, name="enquiry-assign"),
    path("office/enquiries/<uuid:pk>/close/", desk.close, name="enquiry-close"),
]
