"""
Infrastructure as code for SIM estates: a pipeline of immutable values.

    manifests → estate → plan → calls → outcomes

`manifests` reads YAML into the desired estate and remembers where each value came from. `control_plane` observes
the live one. `validation` finds what is wrong with the first, `diffing` what differs between the two, `ordering`
what has to wait for what; `plan` puts the three together in one document that can be reviewed. `apply` does what
that document says, and records it in the `store` first. `reports` turns plans, outcomes and diagnostics into text;
`operations` names each of these steps once, in order; `cli` calls it. A kind of object is one file in `kinds`, made
of the vocabulary in `model`; everything else is generic. `simulator` is a platform to be wrong against.
"""

__version__ = "0.1.0"
