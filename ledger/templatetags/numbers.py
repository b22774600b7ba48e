"""`{{ number|masked }}` in a template."""

from __future__ import annotations

from django import template

from ledger.numbers import mask_number

register = template.Library()
register.filter("masked", mask_number)
