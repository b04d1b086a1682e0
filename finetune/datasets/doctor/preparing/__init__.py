"""The half of an examination that looks at each dialogue by itself: reading, converting, checking,
hashing, counting tokens. A long file has it done in a process of its own. Knows nothing of
Django."""
