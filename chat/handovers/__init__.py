"""Handovers: a person asks for a human of the site, who sees what that person agreed to share."""
