"""Ways of speaking that a team gives its assistants: a name, an instruction, an opening line."""
