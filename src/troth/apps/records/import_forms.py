"""The forms of an import: the file, and which of its columns goes where."""

from typing import Any
from uuid import UUID

from django import forms

from troth.workspaces.forms import OnceForm
from troth.workspaces.reading_files import CSV, DELIMITERS, ENCODINGS, FORMS, Format

from .importing import MOST_BYTES, Target
from .models import Finding, Kind
from .shape import Draft

TO_MAKE = (Kind.TEXT, Kind.NUMBER, Kind.DATE, Kind.BOOLEAN, Kind.EMAIL, Kind.PHONE)
"""What a new field made from a column can be."""
NEW = "new:"
FOUND = {
    Finding.NONE: "Locked", Finding.SEARCHABLE: "Searchable", Finding.UNIQUE: "Unique",
    Finding.PLAIN: "Plain: kept unlocked",
}  # fmt: skip
ALL, GOOD = "all", "good"


class FileForm(OnceForm):
    """A file, or rows that were copied somewhere else."""

    file = forms.FileField(
        label="File", required=False, allow_empty_file=True,
        widget=forms.ClearableFileInput(attrs={"accept": ".csv,.tsv,.txt,.jsonl,.ndjson,text/csv,application/x-ndjson"}),
        help_text=f"CSV or JSON Lines, {MOST_BYTES // 1_048_576} MB at most.",
    )  # fmt: skip
    text = forms.CharField(
        label="Or rows that you copied", required=False, strip=False, widget=forms.Textarea(attrs={"rows": 4}),
        help_text="As they come out of a spreadsheet, with the names of the columns in the first row.",
    )  # fmt: skip

    def clean(self) -> dict[str, Any]:
        """Either of the two."""
        found: dict[str, Any] = super().clean() or {}
        if not found.get("file") and not (found.get("text") or "").strip():
            raise forms.ValidationError("Choose a file, or paste some rows.")
        return found

    def data_of(self) -> tuple[str, bytes]:
        """Name and bytes of what was sent."""
        file = self.cleaned_data.get("file")
        if file:
            return str(file.name), file.read()
        return "Pasted rows", str(self.cleaned_data["text"]).encode("utf-8", "replace")


class FormatForm(forms.Form):
    """How the file is read."""

    form = forms.ChoiceField(label="Kind of file", choices=list(FORMS.items()))
    encoding = forms.ChoiceField(label="Letters", choices=list(ENCODINGS.items()))
    delimiter = forms.ChoiceField(label="Between columns", choices=list(DELIMITERS.items()), required=False)
    has_header = forms.BooleanField(label="The first row holds the names of the columns", required=False)

    @classmethod
    def showing(cls, known: Format) -> "FormatForm":
        """The form as it stands for a format."""
        return cls(initial={
            "form": known.form, "encoding": known.encoding, "delimiter": known.delimiter, "has_header": known.has_header,
        })  # fmt: skip

    def known(self) -> Format:
        """The format that was chosen."""
        held = self.cleaned_data
        return Format(
            held["form"],
            held["encoding"],
            held["delimiter"] or ",",
            held["has_header"] or held["form"] != CSV,
        )


class MappingForm(forms.Form):
    """Where each column goes; `into_N` and `found_N` by the column's place, and what happens to rows that are wrong."""

    wrong = forms.ChoiceField(
        label="If rows are wrong", widget=forms.RadioSelect, initial=ALL,
        choices=[(ALL, "Import nothing: all rows or none"), (GOOD, "Import the others, and list the wrong ones")],
    )  # fmt: skip

    def __init__(
        self,
        *args: Any,
        columns: list[str],
        fields: list[tuple[UUID, str]],
        guessed: list[tuple[str, str]],
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.columns = columns
        there = [(pk.hex, name) for pk, name in fields]
        new = [(f"{NEW}{kind.value}", f"New field: {kind.label.lower()}") for kind in TO_MAKE]
        choices = [("", "Leave it out"), *([("Fields", there)] if there else []), ("New", new)]
        for place, name in enumerate(columns):
            into, found = guessed[place]
            self.fields[f"into_{place}"] = forms.ChoiceField(
                label=f"Column “{name}” goes into", choices=choices, required=False, initial=into
            )
            self.fields[f"found_{place}"] = forms.ChoiceField(
                label="As a new field it is", choices=list(FOUND.items()), required=False, initial=found
            )

    def targets(self) -> list[Target]:
        """Where each column goes; by the guesses when nothing was sent."""
        found: list[Target] = []
        for place, name in enumerate(self.columns):
            into, finding = self._chosen(f"into_{place}"), self._chosen(f"found_{place}") or Finding.NONE
            if into.startswith(NEW):
                label = " ".join(name.split())[:120] or f"Column {place + 1}"
                found.append(Draft(label, into.removeprefix(NEW), finding))
            else:
                found.append(UUID(into) if into else None)
        return found

    def _chosen(self, name: str) -> str:
        if self.is_bound:
            return str(self.cleaned_data.get(name) or "")
        return str(self.fields[name].initial or "")

    def lines(self) -> list[tuple[str, Any, Any]]:
        """Name of the column, and its two controls."""
        return [
            (name, self[f"into_{place}"], self[f"found_{place}"]) for place, name in enumerate(self.columns)
        ]
