"""The evaluation as a page: where the answers are right, where wrong, and why."""
