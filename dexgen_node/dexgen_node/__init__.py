"""What every dexgen node shares: topics and QoS, parameters, fixed-rate loops, watches, diagnostics."""
