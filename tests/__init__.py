"""All tests: unit (no sockets), agents, integration (real servers), e2e (the whole, with a browser)."""
