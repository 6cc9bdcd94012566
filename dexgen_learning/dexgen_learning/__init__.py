"""Everything the controller learns from: grasps, tasks, reinforcement learning, data, training, evaluation."""
