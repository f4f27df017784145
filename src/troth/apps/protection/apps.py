from django.apps import AppConfig


class Config(AppConfig):
    name = "troth.apps.protection"
    label = "protection"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from troth.gate import watch
        from troth.gate.registry import PLOTS, Plot
        from troth.gate.subjects.register import ENDINGS

        from . import measures, middleware, shown, staff

        watch.LISTENERS.append(middleware.outside)
        watch.READERS.append(staff.heard)
        watch.CHALLENGING.append(measures.is_challenged)
        ENDINGS.append(measures.end_with)
        PLOTS.append(Plot("Alarms", shown.by_day))
