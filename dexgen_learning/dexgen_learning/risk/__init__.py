"""What following a command costs: hands that follow by random shares, and a network for it."""
