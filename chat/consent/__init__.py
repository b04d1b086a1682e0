"""What a person agrees to before the first message: the text, its version, who agreed and when."""
