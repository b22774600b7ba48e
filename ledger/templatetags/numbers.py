"""`{{ number|masked }}`, `{{ text|numbers_masked }}` and `{{ text|masked_unless:revealed }}` in a template."""

from __future__ import annotations

from django import template

from ledger.numbers import mask_number, mask_numbers

register = template.Library()
register.filter("masked", mask_number)
register.filter("numbers_masked", mask_numbers)


@register.filter
def masked_unless(text: str, revealed: bool) -> str:  # noqa: FBT001 - a filter takes it so
    """Give a text with its numbers masked, or as it is once they were revealed."""
    return text if revealed else mask_numbers(text)
