"""What the controller learns from: grasps, tasks, policies, data, training, evaluation."""
