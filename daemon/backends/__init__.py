"""Outside services, each optional, each one small file with named time limits. May import only the ground."""
