"""What comes in: a text as words and clauses, the Stack Profile, the task."""
