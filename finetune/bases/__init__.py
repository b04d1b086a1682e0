"""Base models: added, inspected, published to the engine."""
