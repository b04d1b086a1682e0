"""Forms whose dialogue is one text: with a model's marks, or with a name before each turn."""
