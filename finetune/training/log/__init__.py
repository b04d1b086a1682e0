"""What a run tells: numbered events, announcements, failures, the result."""
