"""How the model of the reading is learnt from labelled texts, and how good it is. Nothing here runs while the hotline runs."""

"""What is learnt from texts with labels. Nothing here runs while the hotline serves."""
