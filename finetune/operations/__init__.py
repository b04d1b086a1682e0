"""What the operator tells everybody, and whether workers begin anything new."""
