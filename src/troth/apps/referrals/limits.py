"""How many friends may be referred in how long: very many from one place are a mailing, and no invitation."""

from allauth.core import ratelimit
from django.http import HttpRequest

from .models import Referral, today

MOST_A_DAY = 50
"""By one account.  From one Internet address it is `refer_a_friend` in the settings, counted in memory."""


def allow(request: HttpRequest) -> bool:
    """Whether one more may be sent from where this request comes from; it is counted if so."""
    person = request.person  # type: ignore[attr-defined]
    if person and Referral.objects.filter(owner=person.owner_id, made_on=today()).count() >= MOST_A_DAY:
        return False
    return bool(ratelimit.consume(request, action="refer_a_friend"))
