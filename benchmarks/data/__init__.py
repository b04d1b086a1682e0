"""How fast and in how much memory an upload is checked."""
