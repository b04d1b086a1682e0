"""What the site sends outside: where an address leads, and secrets that are kept sealed for it."""
