"""An adapter that the product has never heard of, as somebody else would write it."""
