"""The messages of one dialogue: seen in one pass where all is well, else brought into form."""
