"""Tests of the whole system, some of them in a browser."""
