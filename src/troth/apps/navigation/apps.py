from django.apps import AppConfig


class Config(AppConfig):
    name = "troth.apps.navigation"
    label = "beacons"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from django.contrib.auth.signals import user_logged_in, user_logged_out

        from troth.gate.registry import READERS, archive_list, audience, home_part, own_card, tick

        # With it comes `collecting`, which names its place: the fast door stands outside the pages, which name theirs.
        from . import linking, personal

        tick(linking.BOX)
        own_card(35, "navigation/card_browsers.html", linking.own_card)
        READERS.append(personal.reader)
        audience(personal.VIEWERS)
        archive_list("visits", "navigation", linking.visits_of)
        home_part("navigation/personal.html", personal.part)
        user_logged_out.connect(linking.left)
        user_logged_in.connect(linking.came)
