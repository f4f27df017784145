"""How the clauses on the sites and on encryption are proved: by looking at the running server from outside."""

from http.cookies import SimpleCookie
from pathlib import Path

from django.conf import settings
from django.urls import reverse

from troth.gate.outbound import probe
from troth.gate.proving.answers import Finding, broken, control, kept, unproven

from .crawling import walk

STRANGER = "unlinked.localhost"


def _authority() -> Path | None:
    own: Path | None = settings.TROTH_AUTHORITY
    return own if own and own.exists() else None


def _get(host: str, path: str) -> probe.Answer:
    return probe.get(host, settings.TROTH_PORT, path, authority=_authority())


@control("scope.sites")
def every_page_links_the_statement() -> Finding:
    """Crawls every host that may collect; tries a form on each that may not, and on one that is not ours."""
    link = settings.TROTH_BASE_URLS["company"] + reverse("statement", "troth.config.urls")
    hosts = set(settings.TROTH_HOSTS.values())
    linked, others = sorted(hosts & settings.TROTH_LINKED_HOSTS), sorted(hosts - settings.TROTH_LINKED_HOSTS)
    try:
        found = walk(linked, link, _get)
        answers = {host: _form_taken_by(host) for host in [*others, STRANGER]}
    except probe.Unreachable as error:
        return unproven("the server is down", str(error))
    if found.bare:
        return broken(f"{len(found.bare)} pages without the link", ", ".join(found.bare))
    took = [host for host, answer in answers.items() if not _is_refusal(answer)]
    if took:
        return broken(f"{len(took)} hosts without the link took a form", ", ".join(took))
    if found.failed:
        return unproven(f"{len(found.failed)} pages did not show themselves", ", ".join(found.failed))
    return kept(
        f"{len(found.pages)} pages on {len(linked)} hosts",
        f"each links the statement in its foot; refused on {', '.join(answers)}",
    )


def _form_taken_by(host: str) -> probe.Answer:
    form = {"Host": host, "Content-Type": "application/x-www-form-urlencoded"}
    return probe.get(
        host, settings.TROTH_PORT, "/contact/", authority=_authority(), method="POST", body="name=x", headers=form,
        sni=settings.TROTH_HOSTS["company"],
    )  # fmt: skip


def _is_refusal(answer: probe.Answer) -> bool:
    """400 for a host that is not ours, 403 naming this clause for one of ours; a missing token would be another 403."""
    return answer.status == 400 or (answer.status == 403 and "scope.sites" in answer.body)


@control("security.tls")
def connections_are_encrypted() -> Finding:
    """Handshakes at both versions, a refused one, the redirect, the flags of every cookie."""
    hosts = sorted(settings.TROTH_HOSTS.values())
    try:
        wrong = (
            [problem for host in hosts for problem in _handshakes(host)] + _redirects(hosts) + _cookies(hosts)
        )
    except probe.Unreachable as error:
        return unproven("the server is down", str(error))
    if wrong:
        return broken(f"{len(wrong)} things wrong", "; ".join(wrong))
    return kept(
        f"TLS 1.2 and 1.3 on {len(hosts)} hosts",
        "TLS 1.1 refused; plain HTTP redirects; cookies Secure, HttpOnly, __Host-",
    )


def _handshakes(host: str) -> list[str]:
    wanted = {probe.TLS_1_1: False, probe.TLS_1_2: True, probe.TLS_1_3: True}
    return [
        f"{host}: {version.name} {'refused' if agrees else 'accepted'}"
        for version, agrees in wanted.items()
        if probe.handshake(host, settings.TROTH_PORT, version, authority=_authority()) is not agrees
    ]


def _redirects(hosts: list[str]) -> list[str]:
    wrong = []
    for host in hosts:
        answer = probe.get(host, settings.TROTH_PLAIN_PORT, "/", authority=None, tls=False)
        target = "".join(answer.all("location"))
        if answer.status not in (301, 308) or not target.startswith(f"https://{host}"):
            wrong.append(f"{host}: plain HTTP answered {answer.status}")
    return wrong


def _cookies(hosts: list[str]) -> list[str]:
    wrong = []
    for host, path in [(host, "/") for host in hosts] + [
        (settings.TROTH_HOSTS["company"], reverse("contact", "troth.config.urls"))
    ]:
        for header in _get(host, path).all("set-cookie"):
            for name, morsel in SimpleCookie(header).items():
                if not (name.startswith("__Host-") and morsel["secure"] and morsel["httponly"]):
                    wrong.append(f"{host}: cookie {name} lacks a flag")
    return wrong
