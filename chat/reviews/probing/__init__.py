"""Probing: an assistant is asked what people in need ask, and each reply is judged by the gate."""
