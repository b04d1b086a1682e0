"""Starting a study: the form, and what it will take."""
