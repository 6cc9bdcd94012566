"""Tasks on the hand environment: goals, rewards, what the policy sees."""
