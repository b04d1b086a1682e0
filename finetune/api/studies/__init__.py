"""`/v1/wukong/studies`: several arms on the same data, and what their differences say."""
