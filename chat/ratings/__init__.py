"""What a person thinks of replies: ratings, and votes and ratings as preference data."""
