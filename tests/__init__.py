"""Tests: `unit` is pure and opens no socket, `agents` runs stream agents, `integration` real servers, `e2e` the whole."""
