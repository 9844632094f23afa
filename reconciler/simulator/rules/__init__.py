"""What the platform accepts and refuses, one file for each kind of object (stacuity-api B and D)."""
