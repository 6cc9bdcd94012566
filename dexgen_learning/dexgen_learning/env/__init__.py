"""The batched hand environment: simulation, randomisation, disturbances, observation."""
