"""The circuit explorer: experiments, asked for and computed."""
