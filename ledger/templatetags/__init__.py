"""Template filters of the ledger."""
