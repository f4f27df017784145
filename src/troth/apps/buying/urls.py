"""Where buying lives: the public price list, the company's orders, the processor's call."""

from django.urls import path

from . import credit_views, desk, order_views, views

urlpatterns = [
    path("services/", views.services, name="services"),
    path("checkout/", order_views.begin, name="checkout"),
    path("orders/", order_views.orders, name="orders"),
    path("orders/<uuid:which>/", order_views.order, name="order"),
    path("orders/<uuid:which>/verify/", order_views.verify, name="order-verify"),
    path("orders/<uuid:which>/contest/", order_views.contest, name="order-contest"),
    path("orders/<uuid:which>/check/", credit_views.check, name="order-check"),
    path("orders/<uuid:which>/check/person/", credit_views.ask_person, name="order-ask-person"),
    path("orders/<uuid:which>/check/take-back/", credit_views.take_back, name="order-check-take-back"),
    path("orders/<uuid:which>/invoice/", credit_views.order_now, name="order-invoice"),
    path("orders/<uuid:which>/pay/", order_views.pay, name="order-pay"),
    path("orders/<uuid:which>/plan/", order_views.plan, name="order-plan"),
    path("orders/<uuid:which>/cancel/", order_views.cancel, name="order-cancel"),
    path("orders/<uuid:which>/take-back/", order_views.take_back, name="order-take-back"),
    path("orders/<uuid:which>/return/", order_views.came_back, name="order-return"),
    path("invoices/<uuid:which>/", order_views.invoice, name="invoice"),
    path("payments/hook/<slug:processor>/", views.hook, name="payments-hook"),
    path("office/orders/", desk.orders, name="office-orders"),
    path("office/orders/<uuid:which>/", desk.order, name="office-order"),
    path("office/orders/<uuid:which>/paid/<uuid:payment>/", desk.paid, name="office-paid"),
    path("office/invoices/", desk.invoices, name="office-invoices"),
    path("office/invoices/<uuid:which>/paid/", desk.paid_alone, name="office-paid-alone"),
    path("office/orders/<uuid:which>/refund/<uuid:payment>/", desk.refund, name="office-refund"),
]
