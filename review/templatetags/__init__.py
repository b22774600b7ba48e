"""Template filters of the review room."""
