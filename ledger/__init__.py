"""What must never be lost: the audit chain, the outbox, texts to subscribers."""
