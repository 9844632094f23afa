"""Export: what an account has, as the files of an estate; pure, from what was read to the bytes of each file."""
