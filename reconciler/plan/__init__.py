"""Plans: what would change, why, in which order, and whether it may."""
