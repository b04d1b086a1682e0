"""The trained heads: one small committed file per language and kind, read with numpy alone."""
