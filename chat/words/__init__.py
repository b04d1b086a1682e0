"""Who answers for the words: reviews of what the library says, confirmations of help lines."""
