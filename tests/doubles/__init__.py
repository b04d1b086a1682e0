"""Test parts that stand in for services of others. Nothing here is part of the product."""
