"""The rule engine: what the rulebook says of a task, usable without a model."""
