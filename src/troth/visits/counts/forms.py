"""Which days, and of which site."""

from datetime import timedelta
from typing import Any

from django import forms

from .periods import MOST_DAYS, sites


def _sites() -> list[tuple[str, str]]:
    return [("", "All of ours"), *((each, each) for each in sites())]


class PeriodForm(forms.Form):
    """The days that are counted."""

    first = forms.DateField(label="From", required=False, widget=forms.DateInput(attrs={"type": "date"}))
    last = forms.DateField(label="Until", required=False, widget=forms.DateInput(attrs={"type": "date"}))
    site = forms.ChoiceField(label="Site", required=False, choices=_sites)

    def clean(self) -> dict[str, Any]:
        """Both days are in order, and not too far apart."""
        told: dict[str, Any] = super().clean() or {}
        first, last = told.get("first"), told.get("last")
        if first and last and not timedelta() <= last - first < timedelta(days=MOST_DAYS):
            raise forms.ValidationError(f"Please choose up to {MOST_DAYS} days, the first one first.")
        return told
