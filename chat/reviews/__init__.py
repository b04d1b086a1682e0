"""What reviewers do: probe assistants, sign for them, read what people hand over, compare blind."""
