"""The values of the domain: addresses, resources, kinds, snapshots. Pure, no input or output."""
