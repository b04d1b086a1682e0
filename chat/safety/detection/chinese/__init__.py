"""Rules in Chinese."""
