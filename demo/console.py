"""The web console as a person uses it, over HTTP."""

from __future__ import annotations

import requests

from demo.errors import StepFailedError

SECONDS = 15
OK = 200


class Console:
    """One person's browser: cookies, CSRF tokens, redirects."""

    def __init__(self, base_url: str) -> None:
        self._base_url = base_url
        self._session = requests.Session()
        self._session.trust_env = False

    def log_in(self, login: str, password: str) -> None:
        """Log in.

        Raises:
            StepFailedError: the console refuses.
        """
        self.get("/account/login/")
        answer = self.post("/account/login/", login=login, password=password)
        if answer.status_code != OK or "/account/login/" in answer.url or "sessionid" not in self._session.cookies:
            raise StepFailedError(f"{login} cannot log in: {answer.status_code} at {answer.url}")

    def get(self, path: str) -> requests.Response:
        """Open a page.

        Raises:
            StepFailedError: the console does not answer.
        """
        try:
            return self._session.get(self._base_url + path, timeout=SECONDS)
        except requests.RequestException as error:
            raise StepFailedError(f"GET {path}: {error}") from error

    def post(self, path: str, **fields: str) -> requests.Response:
        """Send a form.

        Raises:
            StepFailedError: the console does not answer.
        """
        token = self._session.cookies.get("csrftoken", "")
        headers = {"X-CSRFToken": token, "Referer": self._base_url + path}
        try:
            return self._session.post(self._base_url + path, data=fields, headers=headers, timeout=SECONDS)
        except requests.RequestException as error:
            raise StepFailedError(f"POST {path}: {error}") from error
