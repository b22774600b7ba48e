"""Addresses of the audit log."""

from __future__ import annotations

from django.urls import path

from ledger import views

urlpatterns = [path("audit/", views.audit_log, name="audit_log")]
