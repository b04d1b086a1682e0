"""Chips: their figures, couplers and published ones, and routing circuits onto them."""
