from django.apps import AppConfig


class Config(AppConfig):
    name = "troth.apps.enquiries"
    label = "enquiries"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from troth.accounts.staffing import LEAVINGS
        from troth.gate.duties.rules import rule
        from troth.gate.registry import row_page

        from . import calling, flows
        from .overview import register

        register()
        LEAVINGS.append(flows.hand_back)
        rule(calling.RULE)
        row_page("enquiries.Enquiry", "thread")
