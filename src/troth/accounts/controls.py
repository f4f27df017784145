"""How the clauses on sessions, and on user names and passwords, are proved."""

import hashlib
import html
import time
from collections.abc import Callable
from functools import cache
from http.cookies import SimpleCookie
from pathlib import Path

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX
from django.contrib.sessions.models import Session
from django.db.models import F, Q
from django.urls import NoReverseMatch, reverse

from troth.engine.statement import parse
from troth.gate.outbound import probe
from troth.gate.proving.answers import Finding, broken, control, kept, unproven
from troth.gate.published import statement
from troth.gate.published.models import StatementVersion

from . import families, sessions, tickets
from .addresses import SUFFIX
from .binding import bindings
from .models import AddressHandle, Binding, Family, SignIn, User
from .moving import DEVICE_COOKIE
from .people.models import Person

CLAUSE, SESSIONS = "security.credentials", "security.sessions"
HASHER = "argon2$argon2id$"
PAGE = "register"


@control(CLAUSE)
def credentials_are_kept() -> Finding:
    """Everybody was told, no password lies outside its hash, no sign-in table holds an address; the page tells it."""
    wrong = [*_untold(), *_bare_passwords(), *_addresses(), *_bare_passkeys()]
    if wrong:
        return broken(f"{len(wrong)} things wrong", "; ".join(wrong))
    people, logins = Person.objects.count(), User.objects.count()
    figure = f"{people} accounts, each told; {logins} logins, every password hashed"
    try:
        told = _page_tells()
    except (probe.Unreachable, NoReverseMatch) as error:
        reason = str(error) if isinstance(error, probe.Unreachable) else "there is no page to register on"
        return unproven("the registration page does not answer", f"{figure}; {reason}")
    if not told:
        return broken("the registration page does not say it", "the clause's own words are not on the page")
    return kept(
        figure, f"the notice is on the registration page; {SignIn.objects.count()} sign-ins on record"
    )


@control(SESSIONS)
def tickets_move() -> Finding:
    """Sessions made for the purpose are shown to the running server: a ticket moves, and the old one ends its session.

    One that is bound to a device is let in beside the device's cookie alone.
    """
    try:
        wrong = _on_a_session(_tried) or _on_a_session(_tried_bound)
    except probe.Unreachable as error:
        return unproven("the server does not answer", str(error))
    if wrong:
        return broken(wrong, "a session made for the purpose was shown to the server from outside")
    copied, bound = SignIn.objects.filter(was_copied=True).count(), Binding.objects.count()
    return kept(
        "a ticket moved, and ended its session when it was shown again",
        f"tried on sessions made for the purpose; of people's, {copied} ended because an old ticket was shown, "
        f"{bound} are bound to a device",
    )


def _on_a_session(tried: Callable[[str, str], str]) -> str:
    """What is wrong with a session made for the purpose, which ends whatever comes of it.  Raises Unreachable."""
    session = sessions.SessionStore()
    session.save()
    kept_key = sessions.kept_as(str(session.session_key))
    try:
        return tried(str(session.session_key), kept_key)
    finally:
        sessions.end([kept_key])


def _tried_bound(key: str, kept_key: str) -> str:
    """What is wrong with how a bound session is let in; nothing when all is well."""
    device, family = tickets.new_device(), Family.objects.filter(session=kept_key)
    ticket = str(families.begin(key, device))
    _shown(ticket, device)
    since = int(time.time()) - bindings.UNDER_WAY - 1
    binding = Binding.objects.create(session_id=kept_key, algorithm="ES256", public=b"", since=since)
    # Whom it lets in, it hands the next ticket.
    family.update(moved_at=F("moved_at") - settings.TROTH_SESSION_MOVES)
    if _shown(ticket, device):
        return "a bound session lets in without its device"
    shown = f"{device}; {bindings.COOKIE}={bindings.proven(binding.pk)}"
    return "" if _shown(ticket, shown) else "a bound session does not let in with its device"


def _tried(key: str, kept_key: str) -> str:
    """What is wrong with how a session's tickets are taken; nothing when all is well."""
    device, family = tickets.new_device(), Family.objects.filter(session=kept_key)
    first = str(families.begin(key, device))
    _shown(first, device)
    family.update(moved_at=F("moved_at") - settings.TROTH_SESSION_MOVES)
    second = _shown(first, device)
    if second in ("", first):
        return "a ticket stays as it is"
    _shown(second, device)
    family.update(moved_at=F("moved_at") - settings.TROTH_SESSION_GRACE - 1)
    if not family.filter(generation=2).exists():
        return "a session does not move on with its ticket"
    _shown(first, device)
    return "an old ticket does not end its session" if Session.objects.filter(pk=kept_key).exists() else ""


def _shown(ticket: str, device: str) -> str:
    """Show a ticket to the running server as a browser does; the one that came back, if any.  Raises Unreachable."""
    name = settings.SESSION_COOKIE_NAME
    own: Path | None = settings.TROTH_AUTHORITY
    answer = probe.get(
        settings.TROTH_HOSTS["company"], settings.TROTH_PORT, reverse("account_login", urlconf="troth.config.urls"),
        authority=own if own and own.exists() else None,
        headers={"Cookie": f"{name}={ticket}; {DEVICE_COOKIE}={device}"},
    )  # fmt: skip
    given = [SimpleCookie(each) for each in answer.all("set-cookie")]
    return next((each[name].value for each in given if name in each), "")


def _untold() -> list[str]:
    """Accounts whose notice is not the one that the statement they registered under tells."""
    shown = Person.objects.values_list("collected_under", "notice_hash").distinct()
    wrong = [under for under, told in shown if told != notice_under(under)]
    return [
        f"accounts made under statement {under} were not shown its notice" for under in sorted(set(wrong))
    ]


@cache
def notice_under(version: str) -> str:
    """The hash of the clause's own words in a published version; nothing for a version nobody published here."""
    if version == statement.under():
        document = statement.document()
    else:
        row = StatementVersion.objects.filter(version__startswith=version).first()
        if row is None:
            return ""
        document = parse(row.text, f"statement {version}")
    prose = next((clause.prose for clause in document.clauses if clause.id == CLAUSE), "")
    return hashlib.sha256(own_words(prose).encode()).hexdigest()


def own_words(prose: str) -> str:
    """The promise itself, without what the Company added below it."""
    return " ".join(prose.split("\n\n")[0].split())


def _bare_passwords() -> list[str]:
    hashed = Q(password__startswith=HASHER) | Q(password__startswith=UNUSABLE_PASSWORD_PREFIX)
    count = User.objects.exclude(hashed).count()
    return [f"{count} passwords outside the hasher"] if count else []


def _addresses() -> list[str]:
    tables = {
        "logins": User.objects.exclude(email__endswith=SUFFIX),
        "addresses of logins": EmailAddress.objects.exclude(email__endswith=SUFFIX),
        "handles": AddressHandle.objects.exclude(handle__endswith=SUFFIX),
    }
    return [
        f"{count} {name} hold more than a handle" for name, rows in tables.items() if (count := rows.count())
    ]


def _bare_passkeys() -> list[str]:
    rows = Authenticator.objects.filter(type=Authenticator.Type.WEBAUTHN).values_list("data", flat=True)
    bare = sum("sealed" not in data for data in rows)
    return [f"{bare} passkeys not sealed"] if bare else []


def _page_tells() -> bool:
    own: Path | None = settings.TROTH_AUTHORITY
    answer = probe.get(
        settings.TROTH_HOSTS["company"], settings.TROTH_PORT, reverse(PAGE, urlconf="troth.config.urls"),
        authority=own if own and own.exists() else None,
    )  # fmt: skip
    (clause,) = (clause for clause in statement.document().clauses if clause.id == CLAUSE)
    page = " ".join(html.unescape(answer.body).split())
    return answer.status == 200 and own_words(clause.prose) in page
