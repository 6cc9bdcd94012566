"""Generated hands whose truth is known, for benchmarks and tests of the tracking."""
