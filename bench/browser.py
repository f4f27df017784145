"""A browser that is signed in, as the benchmarks need it: with the cookies of a session, and none of its pages."""

from django.conf import settings
from django.contrib.auth import login
from django.http import HttpRequest
from django.test import Client

from troth.accounts import families, tickets
from troth.accounts.models import User
from troth.accounts.moving import DEVICE_COOKIE
from troth.accounts.sessions import SessionStore


def signed_in(user: User) -> Client:
    """A test client in which somebody is signed in."""
    request = HttpRequest()
    request.session = SessionStore()
    login(request, user, backend="allauth.account.auth_backends.AuthenticationBackend")
    request.session.save()
    client, device = Client(HTTP_HOST="localhost"), tickets.new_device()
    client.cookies[settings.SESSION_COOKIE_NAME] = str(
        families.begin(str(request.session.session_key), device)
    )
    client.cookies[DEVICE_COOKIE] = device
    return client
