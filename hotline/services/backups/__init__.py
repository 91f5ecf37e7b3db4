"""Backups: made, checked, restored, and watched by the clock."""
