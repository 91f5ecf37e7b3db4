"""How the hotline itself is: what waits, what stands still, and who is told."""
