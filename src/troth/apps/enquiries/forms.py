"""The forms of an enquiry.  Their personal fields come out of the statement."""

from typing import Any, ClassVar

from django import forms
from django.conf import settings

from troth.gate.collection import CollectionForm

from .models import Call, Enquiry, Reply


class ContactForm(CollectionForm):
    """Contact Us (clauses collect.contact, use.requested)."""

    place = "contact-us"
    model = Enquiry
    autocomplete: ClassVar = {
        "name": "name", "company": "organization", "address": "street-address", "phone": "tel", "email": "email",
    }  # fmt: skip

    topic = forms.ChoiceField(
        label="What is it about?",
        error_messages={
            "invalid_choice": "Please choose one of the topics.",
            "required": "Please choose a topic.",
        },
    )
    wants_call = forms.BooleanField(
        required=False, label="Please call me",
        help_text="Our call centre then gets your contact data. It stands on our register of providers.",
    )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        topics = settings.TROTH_COMPANY["contact-us"]["topics"]
        self.fields["topic"].choices = [(topic, topic) for topic in topics]  # type: ignore[attr-defined]
        if "phone" not in self.fields:  # the statement asks for no number here: there is nothing to call
            del self.fields["wants_call"]

    def clean(self) -> dict[str, Any]:
        """Who wants to be called says under which number."""
        told: dict[str, Any] = super().clean() or self.cleaned_data
        if told.get("wants_call") and not told.get("phone") and "phone" not in self.errors:
            self.add_error("phone", "Please fill in the number at which we may call you.")
        return told


class VisitorReplyForm(CollectionForm):
    """A further message by the visitor, on the thread's page."""

    place = "enquiry-thread"
    model = Reply


class AnswerForm(CollectionForm):
    """The answer of a member of staff."""

    place = "staff-desk"
    model = Reply


class CallForm(CollectionForm):
    """What came of a call."""

    place = "call-desk"
    model = Call
    outcome = forms.ChoiceField(
        label="How it went", choices=[(value, label.capitalize()) for value, label in Call.Outcome.choices],
        error_messages={"required": "Please say how it went.", "invalid_choice": "Please choose how it went."},
    )  # fmt: skip


class FindForm(forms.Form):
    """Looks an enquiry up by its sender's address."""

    email = forms.CharField(
        max_length=254, label="E-mail address", widget=forms.EmailInput(attrs={"autocomplete": "off"})
    )


class _AboutStaff(forms.Form):
    """A form that offers the staff who read enquiries, by subject."""

    assignee = forms.ChoiceField(required=False, label="Assigned to")
    nobody: ClassVar[str] = "Nobody"

    def __init__(self, *args: Any, assignees: dict[Any, str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        people = [(str(subject), label) for subject, label in assignees.items()]
        self.fields["assignee"].choices = [("", self.nobody), *people]  # type: ignore[attr-defined]


class AssignForm(_AboutStaff):
    """Gives an enquiry to somebody."""


class InboxFilter(_AboutStaff):
    """Filters of the inbox; a blank field filters nothing."""

    nobody = "Anybody"
    state = forms.ChoiceField(required=False, label="State")
    topic = forms.ChoiceField(required=False, label="Topic")
    field_order = ("state", "topic", "assignee")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        states = [(str(value), str(label)) for value, label in Enquiry.State.choices]
        topics = [(topic, topic) for topic in settings.TROTH_COMPANY["contact-us"]["topics"]]
        self.fields["state"].choices = [("", "Any state"), *states]  # type: ignore[attr-defined]
        self.fields["topic"].choices = [("", "Any topic"), *topics]  # type: ignore[attr-defined]
