"""What every dexgen node shares: topics, parameters, loops, watches, diagnostics."""
