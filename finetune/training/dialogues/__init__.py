"""Dialogues to token ids and labels, in the base model's chat format."""
