"""Personal data in text: what it looks like, and masks in its place. Knows nothing of data sets."""
