"""Read task lists as the tools that keep them write them, one reader for each kind."""
