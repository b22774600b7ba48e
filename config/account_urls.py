"""Log-in and log-out of allauth, and none of its other pages."""

from __future__ import annotations

from allauth.account.views import login, logout
from django.contrib.auth.decorators import login_not_required
from django.urls import path

urlpatterns = [
    path("login/", login_not_required(login), name="account_login"),
    path("logout/", logout, name="account_logout"),
]
