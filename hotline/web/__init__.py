"""A volunteer talks to us."""
