"""A talk that goes another way from one of its turns; the talk it came from stays as it is."""
