"""Templates and divisions: one shape, written once, and the manifests that it becomes."""
