"""Today's wording, written for this project: templates of legitimate notices, adverts and frauds, and what fills them.

Real SMS of recent years may not be kept; these lines may. `generator` turns them into labelled rows for training.
"""
