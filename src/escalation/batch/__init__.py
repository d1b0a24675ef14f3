"""Many tasks: rows in, answers out, in constant memory, on several processes, and on after an interruption."""
