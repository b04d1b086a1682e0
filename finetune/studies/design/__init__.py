"""What a study is, which runs it needs next, and what they come to. Knows nothing of Django."""
