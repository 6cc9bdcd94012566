"""Training of the controller's networks on recorded transitions."""
