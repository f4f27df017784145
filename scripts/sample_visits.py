"""Ninety days of visits to the sample's pages: invented, the same at each run, busier in the middle of a week.

TROTH_DEMO=1 TROTH_HOME=HOME TROTH_KEYS=HOME/keys python scripts/sample_visits.py [--days 90] [--visitors 120]
"""

import argparse
import os
import random
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "troth.config.settings")
django.setup()

from django.conf import settings  # noqa: E402

from troth.apps.goals.models import Funnel, Goal, Step  # noqa: E402
from troth.apps.navigation.browsers import browser_of  # noqa: E402
from troth.apps.navigation.collecting import record  # noqa: E402
from troth.apps.navigation.hits import Asker, Hit  # noqa: E402
from troth.visits.counts import rollups  # noqa: E402
from troth.visits.models import Day, Event, What  # noqa: E402

SEED = 20_260_501
# A walk, and how many take it.
WALKS = (
    (("/", "/services/", "/contact/"), 12), (("/", "/services/"), 10), (("/services/",), 9),
    (("/", "/services/", "/prices/", "/contact/"), 12), (("/prices/", "/contact/"), 6), (("/",), 17),
    (("/", "/customers/", "/testimonials/"), 6), (("/privacy/", "/privacy/proof/"), 7), (("/offers/", "/contact/"), 5),
    (("/testimonials/", "/services/", "/agreement/"), 4), (("/", "/about-us/", "/contact/"), 6),
)  # fmt: skip
COMES_FROM = (
    ("", "", 18), ("search.example/", "", 16), ("news.example/small-firms", "", 6), ("social.example/", "", 5),
    ("kilns.example/forum/glazes", "", 3), ("", "letter / mail / spring", 7), ("", "fair / leaflet", 3),
)  # fmt: skip
WINDOWS = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko)"
AGENTS = (
    (f"{WINDOWS} Chrome/143.0 Safari/537.36", 16), (f"{WINDOWS} Chrome/143.0 Safari/537.36 Edg/143.0", 5),
    ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5"
     " Mobile/15E148 Safari/604.1", 12),
    ("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", 6),
    ("Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/143.0 Mobile Safari/537.36", 10),
    ("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.4"
     " Safari/605.1.15", 7),
    ("Mozilla/5.0 (iPad; CPU OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5"
     " Mobile/15E148 Safari/604.1", 4),
)  # fmt: skip
LANGUAGES = (("en-US", "US", 8), ("en-GB", "GB", 5), ("de", "DE", 3), ("fr", "FR", 2), ("es", "ES", 1))
"""Languages, each with the country from which it is read here."""
LINKS = (("/customers/", "maps.example/archer", What.LINK), ("/services/", "files.example/services.pdf", What.DOWNLOAD),
         ("/testimonials/", "kilns.example/", What.LINK))  # fmt: skip
GOALS = (
    ("Services read", "page", "/services/*"), ("Prices read", "page", "/prices/"),
    ("Contact opened", "page", "/contact/"), ("Enquiry begun", "begun", "/contact/"),
    ("Enquiry sent", "sent", "/contact/"),
)  # fmt: skip


def _one_of(lot: random.Random, told: tuple[tuple[object, ...], ...]) -> tuple[object, ...]:
    return lot.choices(told, [each[-1] for each in told])[0]  # type: ignore[misc]


def fill(site: str, days: int, visitors: int) -> None:
    """Visits of so many days, up to now, with so many visitors on a usual one."""
    lot, now = random.Random(SEED), datetime.now(UTC).replace(microsecond=0)
    midnight = now.replace(hour=0, minute=0, second=0)
    for ago in range(days - 1, -1, -1):
        day = midnight - timedelta(days=ago)
        share = (
            (0.95, 1.1, 1.2, 1.1, 0.9, 0.55, 0.5)[day.weekday()]
            * (1.25 - ago / 200)
            * lot.uniform(0.88, 1.12)
        )
        hits = [hit for _ in range(round(visitors * share)) for hit in Visit(lot, site, day, now).hits()]
        record(sorted((hit for hit in hits if hit.asker.at <= now), key=lambda hit: hit.asker.at))


class Visit:
    """One visitor of a day: where from, with what, and what they did."""

    def __init__(self, lot: random.Random, site: str, day: datetime, now: datetime) -> None:
        self._lot, self._site, self._end = lot, site, day + timedelta(hours=23, minutes=59)
        at = day + timedelta(minutes=min(1380, max(0, lot.gauss(840, 200))))
        if day.date() == now.date():  # some of today's are here now
            at = now - timedelta(minutes=lot.expovariate(1 / 90))
        number = lot.randbytes(16) if lot.random() < 0.92 else None
        agent, (language, country, _) = str(_one_of(lot, AGENTS)[0]), _one_of(lot, LANGUAGES)
        self._asker = Asker(
            browser_of(agent), str(language), "", number, max(at, day).replace(microsecond=0), str(country)
        )
        self._slow = 1.7 if "Mobile" in agent else 1.0

    def _hit(self, what: What, path: str, **more: object) -> Hit:
        return Hit(self._asker, self._site, what, path, **more)  # type: ignore[arg-type]

    def _wait(self, seconds: float) -> None:
        at = self._asker.at + timedelta(seconds=round(self._lot.expovariate(1 / seconds)))
        self._asker = replace(self._asker, at=min(at, self._end))

    def hits(self) -> list[Hit]:
        """All of it, in its order."""
        lot, told = self._lot, list[Hit]()
        referrer, campaign, _ = _one_of(lot, COMES_FROM)
        walk = _one_of(lot, WALKS)[0]
        if lot.random() < 0.12:  # comes again after a pause
            walk = (*walk, "", *_one_of(lot, WALKS)[0])  # type: ignore[misc]
        if "news" in str(referrer) and lot.random() < 0.8:
            told.append(self._hit(What.MISSING, "/autumn-offer/", referrer=str(referrer)))
            self._wait(20)
        first = len(told)
        for step, path in enumerate(walk):  # type: ignore[arg-type, var-annotated]
            if not path:
                self._wait(9000)
                continue
            load = round(lot.lognormvariate(6.1 if path != "/privacy/proof/" else 7.5, 0.35) * self._slow)
            told.append(self._hit(What.VIEW, path, load_ms=load))
            if step == 0:
                told[first].referrer, told[first].campaign = str(referrer), str(campaign)
            self._wait(50)
            told += self._done_on(path)
            told.append(self._hit(What.READ, path, read_ms=round(lot.expovariate(1 / 40_000))))
        return told

    def _done_on(self, path: str) -> list[Hit]:
        lot = self._lot
        told = [
            self._hit(what, path, target=target)
            for page, target, what in LINKS
            if page == path and lot.random() < 0.3
        ]
        if path == "/contact/" and lot.random() < 0.62:
            told.append(self._hit(What.FORM_BEGUN, path))
            if lot.random() < 0.55:
                self._wait(90)
                told.append(self._hit(What.FORM_SENT, path))
        if path == "/prices/" and lot.random() < 0.25:
            told.append(
                self._hit(What.ERROR, path, error="TypeError: prices is undefined /static/prices.js:12")
            )
        if path == "/services/" and lot.random() < 0.11:
            told.append(self._hit(What.MISSING, "/services/old-prices/", referrer=f"{self._site}/services/"))
        return told


def define() -> None:
    """Goals of the sample, and a funnel."""
    goals = [
        Goal.objects.get_or_create(name=name, defaults={"kind": kind, "what": what})[0]
        for name, kind, what in GOALS
    ]
    funnel, is_new = Funnel.objects.get_or_create(name="From the services to an enquiry")
    if is_new:
        order = [goals[0], goals[2], goals[3], goals[4]]
        Step.objects.bulk_create(
            Step(funnel=funnel, goal=goal, place=place) for place, goal in enumerate(order, 1)
        )


def main() -> int:
    """Fill the data of an install whose days before today are empty."""
    asked = argparse.ArgumentParser(description="Invented visits for a demo, to look at its page of visits.")
    asked.add_argument("--days", type=int, default=90)
    asked.add_argument("--visitors", type=int, default=120, help="on a usual day")
    given = asked.parse_args()
    today = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    if not settings.TROTH_DEMO or Day.objects.filter(began_at__lt=today).exists():
        print("not a demo, or it has visits of earlier days: nothing was added", file=sys.stderr)
        return 1
    define()
    fill(settings.TROTH_HOSTS["company"], given.days, given.visitors)
    days = rollups.count_due()
    print(f"{Event.objects.count()} events; {days} days counted")
    return 0


if __name__ == "__main__":
    sys.exit(main())
