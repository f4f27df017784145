"""Ninety days of visits to the sample's pages: invented, the same at each run, busier in the middle of a week.

TROTH_HOME=HOME TROTH_KEYS=HOME/keys python scripts/sample_visits.py
"""

import os
import random
import sys
from datetime import UTC, datetime, timedelta

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "troth.config.settings")
django.setup()

from django.conf import settings  # noqa: E402

from troth.apps.navigation.browsers import browser_of  # noqa: E402
from troth.apps.navigation.collecting import record  # noqa: E402
from troth.apps.navigation.hits import Asker, Hit  # noqa: E402
from troth.visits.models import Day, Event, What  # noqa: E402

SEED = 20_260_501
DAYS = 90
WALKS = (
    ("/", "/services/", "/contact/"), ("/", "/services/"), ("/services/",), ("/", "/customers/", "/testimonials/"),
    ("/",), ("/privacy/", "/privacy/proof/"), ("/testimonials/", "/services/", "/agreement/"), ("/", "/contact/"),
)  # fmt: skip
COMES_FROM = (
    ("", "", 9), ("search.example/", "", 7), ("news.example/small-firms", "", 3), ("social.example/", "", 2),
    ("", "letter / mail / spring", 3), ("", "fair / leaflet", 1),
)  # fmt: skip
AGENTS = (
    ("Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/143.0 Safari/537.36", 8),
    ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5"
     " Mobile/15E148 Safari/604.1", 5),
    ("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", 4),
    ("Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/143.0 Mobile Safari/537.36", 4),
)  # fmt: skip
LANGUAGES = (("en-US", 8), ("en-GB", 4), ("de", 2), ("fr", 1))
LINKS = ("maps.example/archer", "kilns.example/")


def fill(site: str, visitors: int = 40) -> None:
    """Visits of each day before today, with so many visitors on a usual one."""
    lot, midnight = random.Random(SEED), datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    for ago in range(DAYS - 1, 0, -1):
        day = midnight - timedelta(days=ago)
        share = (0.9, 1.1, 1.2, 1.1, 0.9, 0.5, 0.45)[day.weekday()] * (1.25 - ago / 200)
        hits = [hit for _ in range(round(visitors * share)) for hit in _visit(lot, site, day)]
        record(sorted(hits, key=lambda hit: hit.asker.at))


def _visit(lot: random.Random, site: str, day: datetime) -> list[Hit]:
    (agent, _), (language, _) = (
        lot.choices(told, [each[1] for each in told])[0] for told in (AGENTS, LANGUAGES)
    )
    referrer, campaign, _ = lot.choices(COMES_FROM, [each[2] for each in COMES_FROM])[0]
    number = lot.randbytes(16) if lot.random() < 0.9 else None
    at = day + timedelta(minutes=min(1439, max(0, lot.gauss(840, 200))))
    hits = list[Hit]()
    for step, path in enumerate(lot.choice(WALKS)):
        asker = Asker(browser_of(agent), language, "", number, min(at, day + timedelta(hours=23, minutes=59)))
        load = round(lot.lognormvariate(6.2 if path != "/privacy/proof/" else 7.4, 0.3))
        hits.append(Hit(asker, site, What.VIEW, path, load_ms=load))
        if step == 0:
            hits[0].referrer, hits[0].campaign = referrer, campaign
        hits.append(Hit(asker, site, What.READ, path, read_ms=round(lot.expovariate(1 / 40_000))))
        if path == "/customers/" and lot.random() < 0.7:
            hits.append(Hit(asker, site, What.LINK, path, target=lot.choice(LINKS)))
        at += timedelta(seconds=lot.expovariate(1 / 60))
    return hits


def main() -> int:
    """Fill the data of an install whose days before today are empty."""
    today = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    if not settings.TROTH_DEMO or Day.objects.filter(began_at__lt=today).exists():
        print("not a demo, or it has visits of earlier days: nothing was added", file=sys.stderr)
        return 1
    fill(settings.TROTH_HOSTS["company"])
    print(f"{Event.objects.count()} events")
    return 0


if __name__ == "__main__":
    sys.exit(main())
