"""A goal, and goals in an order."""

from typing import Any

from django import forms

from .models import Funnel, Goal, Step

MOST_GOALS, MOST_FUNNELS, MOST_STEPS = 30, 10, 6
OF_A_PAGE = (Goal.Kind.PAGE, Goal.Kind.BEGUN, Goal.Kind.SENT)


class GoalForm(forms.Form):
    """What is counted under which name."""

    name = forms.CharField(max_length=60, label="Name of the goal")
    kind = forms.ChoiceField(choices=Goal.Kind.choices, label="Reached when")
    what = forms.CharField(
        max_length=200, label="Which",
        help_text="As it stands in a report: /contact/, maps.example/archer. A star at the end stands for anything.",
    )  # fmt: skip

    def clean(self) -> dict[str, Any]:
        """Its name is new, a page begins with a stroke, and there are not too many."""
        told: dict[str, Any] = super().clean() or {}
        if Goal.objects.filter(name=told.get("name", "")).exists():
            self.add_error("name", "There is a goal of this name.")
        what = told.get("what", "")
        if told.get("kind") in OF_A_PAGE and what and not what.startswith("/"):
            self.add_error("what", "Please begin the page with a stroke: /contact/.")
        if Goal.objects.count() >= MOST_GOALS:
            raise forms.ValidationError(f"There are {MOST_GOALS} goals, which is as many as are counted.")
        return told

    def keep(self) -> None:
        """The goal."""
        Goal.objects.create(**{name: self.cleaned_data[name] for name in ("name", "kind", "what")})


class FunnelForm(forms.Form):
    """Two goals or more, in their order."""

    name = forms.CharField(max_length=60, label="Name of the funnel")

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        for place in range(1, MOST_STEPS + 1):
            self.fields[f"step_{place}"] = forms.ModelChoiceField(
                Goal.objects.all(), required=place < 3, label=f"Goal {place}", empty_label="none"
            )

    def clean(self) -> dict[str, Any]:
        """Its name is new, and there are not too many."""
        told: dict[str, Any] = super().clean() or {}
        if Funnel.objects.filter(name=told.get("name", "")).exists():
            self.add_error("name", "There is a funnel of this name.")
        if Funnel.objects.count() >= MOST_FUNNELS:
            raise forms.ValidationError(f"There are {MOST_FUNNELS} funnels, which is as many as are counted.")
        return told

    def keep(self) -> None:
        """The funnel, whose goals keep their order and leave no place open."""
        goals = [self.cleaned_data.get(f"step_{place}") for place in range(1, MOST_STEPS + 1)]
        funnel = Funnel.objects.create(name=self.cleaned_data["name"])
        Step.objects.bulk_create(
            Step(funnel=funnel, goal=goal, place=place)
            for place, goal in enumerate([each for each in goals if each], 1)
        )
