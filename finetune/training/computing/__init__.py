"""What a machine computes in and with: the number format and the threads."""
