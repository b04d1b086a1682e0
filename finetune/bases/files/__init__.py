"""A base model's files: fetched, converted, inspected. Knows nothing of Django."""
