"""What an operator lets each team take: its share of the workers, and quotas."""
