"""Every page of the site: the first ones in `tests/site/pages.py`, the others by area."""

from types import ModuleType

from tests.site import pages
from tests.site.areas import (
    api,
    buying,
    chat,
    community,
    export,
    files,
    imports,
    legal,
    navigation,
    offers,
    ownoffers,
    people,
    privacy,
    protection,
    providers,
    quality,
    queries,
    records,
    referrals,
    rights,
    showcase,
    sign_in,
    staffing,
    support,
    telling,
    transfers,
    versions,
    workspaces,
)

AREAS: tuple[ModuleType, ...] = (
    people,
    sign_in,
    staffing,
    rights,
    privacy,
    export,
    telling,
    workspaces,
    queries,
    support,
    files,
    records,
    imports,
    api,
    buying,
    showcase,
    referrals,
    community,
    chat,
    navigation,
    providers,
    legal,
    offers,
    ownoffers,
    quality,
    transfers,
    versions,
    protection,
)

NO_PAGES = dict(pages.NO_PAGES)
for area in AREAS:
    pages.APPOINTED.update(area.APPOINTED)
    NO_PAGES.update(area.NO_PAGES)
PAGES = (*(shown for area in AREAS for shown in area.SHOWN), *pages.PAGES)


def fill_the_house(cast: pages.Cast) -> None:
    """Make what every page shows."""
    pages.fill_the_house(cast)
    for area in AREAS:
        area.fill(cast)
