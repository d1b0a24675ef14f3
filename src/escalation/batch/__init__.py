"""Many tasks: rows in, answers out, in constant memory and in several processes."""
