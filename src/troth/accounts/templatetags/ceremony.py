"""What a passkey ceremony needs from the page, as the value of a `data-` attribute: pages hold no script."""

import json
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.template import Library

register = Library()


@register.filter
def as_json(value: Any) -> str:
    """JSON, which the template escapes like any text."""
    return json.dumps(value, cls=DjangoJSONEncoder)
