"""The pages of the review console: each asks `review.desk` or loads, and renders."""
