"""The settings: read from the environment, checked, and turned into agents and origins."""
