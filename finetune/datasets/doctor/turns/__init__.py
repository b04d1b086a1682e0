"""The messages of one dialogue: seen in one pass where they are in order, else brought into form."""
