"""Addresses of the pages about subscribers; a number never stands in one."""

from __future__ import annotations

from django.urls import path

from billing_hooks import views

urlpatterns = [
    path("", views.subscriber_search, name="subscriber_search"),
    path("services/", views.services, name="subscriber_services"),
    path("<int:pk>/", views.subscriber_page, name="subscriber"),
    path("<int:pk>/reveal/", views.reveal, name="subscriber_reveal"),
]
