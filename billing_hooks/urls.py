"""Addresses of the review console."""

from __future__ import annotations

urlpatterns: list = []
