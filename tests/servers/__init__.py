"""Servers that only tests need."""
