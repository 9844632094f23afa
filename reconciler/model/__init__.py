"""What things are: addresses, resources, kinds, estates. Pure values, no input or output."""
