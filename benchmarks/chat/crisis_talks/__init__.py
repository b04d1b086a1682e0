"""A hundred talks with crisis turns, sent through policy, gate and engine, and read afterwards."""
