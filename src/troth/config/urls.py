"""Pages of the company host."""

from django.urls import include, path

from troth.config import metrics

handler400 = "troth.config.failures.bad_request"
handler403 = "troth.config.failures.forbidden"
handler404 = "troth.config.failures.not_found"
handler500 = "troth.config.failures.server_error"

# The menu of the office has this order, after its overview.
urlpatterns = [
    path("metrics", metrics.metrics, name="metrics"),
    path("health", metrics.health, name="health"),
    path("", include("troth.apps.pages.urls")),
    path("", include("troth.apps.enquiries.urls")),
    path("", include("troth.apps.rights.urls")),
    path("", include("troth.apps.support.urls")),
    path("", include("troth.apps.buying.urls")),
    path("", include("troth.apps.offers.urls")),
    path("", include("troth.apps.ownoffers.urls")),
    path("", include("troth.apps.showcase.urls")),
    path("", include("troth.apps.referrals.urls")),
    path("", include("troth.posting.urls_office")),
    path("", include("troth.apps.boards.urls_office")),
    path("", include("troth.apps.blog.urls_office")),
    path("", include("troth.apps.chat.urls_office")),
    path("", include("troth.apps.privacy.urls")),
    path("", include("troth.apps.records.import_urls")),
    path("", include("troth.workspaces.urls")),
    path("", include("troth.apps.queries.urls")),
    path("", include("troth.apps.files.urls")),
    path("", include("troth.apps.records.urls")),
    path("", include("troth.apps.navigation.urls")),
    path("", include("troth.apps.traffic.urls")),
    path("", include("troth.apps.goals.urls")),
    path("", include("troth.apps.providers.urls")),
    path("", include("troth.apps.quality.urls")),
    path("", include("troth.apps.legal.urls")),
    path("", include("troth.apps.transfers.urls")),
    path("", include("troth.apps.versions.urls")),
    path("", include("troth.apps.protection.urls")),
    path("", include("troth.apps.office.urls")),
    path("", include("troth.apps.api.urls")),
    path("", include("troth.accounts.people.urls")),
    path("", include("troth.accounts.levels.urls")),
    path("", include("troth.accounts.hooks.urls")),
    path("", include("troth.accounts.urls")),
    path("", include("troth.accounts.binding.urls")),
]
