"""Manifests: YAML and membership files become the desired estate, with the place that each value came from."""
