"""Unit tests reach nothing outside their process."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import pytest_socket


@pytest.fixture(autouse=True)
def _no_sockets() -> Iterator[None]:
    """Refuse sockets; Unix ones stay, for the socket pair inside an asyncio loop."""
    pytest_socket.disable_socket(allow_unix_socket=True)
    yield
    pytest_socket.enable_socket()


@pytest.fixture(scope="session")
def postgres_url() -> str:
    """Refuse the database."""
    pytest.fail("a unit test asks for the database: it belongs in tests/integration")
