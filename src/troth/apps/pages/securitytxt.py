"""`/.well-known/security.txt` (RFC 9116): where to tell us of a weakness."""

from datetime import timedelta

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

GOOD_FOR = timedelta(days=180)


@require_safe
def security_txt(request: HttpRequest) -> HttpResponse:
    """The fields of RFC 9116, section 2.5; `Expires` moves on with the day, for as long as somebody serves this."""
    company, base = settings.TROTH_COMPANY["company"], settings.TROTH_BASE_URLS["company"]
    day = timezone.now().replace(hour=0, minute=0, second=0, microsecond=0) + GOOD_FOR
    lines = [
        f"Contact: mailto:{company.get('security-email', company['privacy-email'])}",
        f"Contact: {base}{reverse('contact')}",
        f"Expires: {day:%Y-%m-%dT%H:%M:%SZ}",
        f"Preferred-Languages: {company['language']}",
        f"Canonical: {base}{reverse('security-txt')}",
        f"Policy: {base}{reverse('statement')}",
    ]
    answer = HttpResponse("\n".join(lines) + "\n", content_type="text/plain; charset=utf-8")
    answer["Cache-Control"] = "public, max-age=86400"
    return answer
