"""The data set: what the policies do, recorded in flat, checked, memory-mapped shards."""
