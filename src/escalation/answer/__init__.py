"""What goes out: the decided answer, its entries, parts and reasons."""
