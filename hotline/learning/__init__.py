"""What is learnt from texts with labels, and from corrections. Nothing here runs while the hotline serves."""
