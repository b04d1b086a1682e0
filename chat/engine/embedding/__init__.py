"""Vectors of texts: the request's form, what computes them, and their route."""
