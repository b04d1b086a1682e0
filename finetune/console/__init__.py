"""What the console's pages of all domains share."""
