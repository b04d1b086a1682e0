"""Rules in Indonesian."""
