"""How the simulated service behaves: switches, profiles and scripts."""
