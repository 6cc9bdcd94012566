"""Recording, replay and export of sessions: rosbag2 bags in MCAP files."""
