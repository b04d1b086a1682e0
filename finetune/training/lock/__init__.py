"""What holds a trained adapter to the way it was talked to: its template's hash, golden replies."""
