"""The pages for volunteers."""
