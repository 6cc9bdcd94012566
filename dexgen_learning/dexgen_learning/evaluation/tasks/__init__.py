"""The task suite: what an operator sets out to do, how imprecisely, and how it is judged."""
