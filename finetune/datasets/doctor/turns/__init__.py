"""The messages of one dialogue: seen in one pass if in order, else brought into form."""
