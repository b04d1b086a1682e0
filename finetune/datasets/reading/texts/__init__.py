"""Plain texts: dialogues with a name before each turn, and what messengers export."""
