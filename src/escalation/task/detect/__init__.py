"""Detect a Stack Profile."""
