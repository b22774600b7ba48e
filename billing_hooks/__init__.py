"""Subscribers decide on charges: subscriptions, reminders, the 0000 desk."""
