"""What every template may show: the company, its hosts, the office's menu, the sample's role switcher."""

from functools import cache
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse

from troth.accounts.models import Role
from troth.accounts.people import sample
from troth.apps.navigation.collecting import allowed
from troth.gate.registry import OFFICE, banners
from troth.posting.standing import PARTS


def company(request: HttpRequest) -> dict[str, Any]:
    """Template context processor."""
    data = settings.TROTH_COMPANY
    staff = getattr(request, "staff", None)
    return {
        "company": {
            **data["company"],
            "foot_line": data["company"]["foot"],
            "services": data["services"],
            "plans": data["plans"],
        },
        "links": _links(),
        "community_nav": PARTS if getattr(request, "host_kind", "") == "community" else [],
        "statement_url": _links()["statement"],
        "accent_css": _accent_path(),
        "role": staff.get_role_display() if staff else "",
        "office_nav": [
            {"url_name": p.url_name, "label": p.label}
            for p in sorted(OFFICE, key=lambda page: page.url_name != "office")
            if not p.roles or (staff and staff.role in p.roles)
        ],
        "banners": lambda: banners(request),
        "is_counted": _is_counted(request, is_staff=bool(staff)),
        "demo_roles": _demo_roles(staff, getattr(request, "person", None)) if settings.TROTH_DEMO else [],
    }


NOT_COUNTED = ("/workspaces/", "/office/")


def _is_counted(request: HttpRequest, *, is_staff: bool) -> bool:
    """Whether a page tells of its views: those of the Company and the community, to people who do not work here."""
    is_ours = getattr(request, "host_kind", "") in ("company", "community")
    return is_ours and not is_staff and not request.path.startswith(NOT_COUNTED) and "path" in allowed()


@cache
def _accent_path() -> str:
    """The same path on every host, so that the policy's `style-src 'self'` covers it."""
    return reverse("company-css", "troth.config.urls")


@cache
def _links() -> dict[str, str]:
    """Absolute addresses on the company host, for pages of any host."""
    base, pages = settings.TROTH_BASE_URLS, "troth.config.urls"
    named = {
        name: base["company"] + reverse(name, pages)
        for name in (
            "home",
            "contact",
            "statement",
            "proof",
            "agreement",
            "office",
            "customers",
            "offers",
            "testimonials",
        )
    }
    extra = {
        "sign_in": base["company"] + reverse("account_login", pages),
        "request": base["company"] + reverse("request-ask", pages),
        "refer": base["company"] + reverse("refer", pages),
        "providers": base["company"] + reverse("providers", pages),
        "services": base["company"] + reverse("services", pages),
        "account": base["company"] + reverse("account", pages),
        "cookies": base["company"] + reverse("cookies", pages),
    }
    return {
        **named,
        **extra,
        "prices": extra["services"] + "#price",
        "community": base["community"],
        "workspace": base["workspace"],
    }


def _demo_roles(staff: Any, person: Any) -> list[dict[str, Any]]:
    of_staff = [
        {"key": key, "label": label, "current": bool(staff and staff.role == key)}
        for key, label in Role.choices
    ]
    key_of_person = sample.key_of(person) if person else ""
    return of_staff + [
        {"key": key, "label": one.label, "current": key == key_of_person}
        for key, one in sample.PEOPLE.items()
    ]
