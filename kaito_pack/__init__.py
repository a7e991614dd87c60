"""The KAITO template pack: values files in, proven KAITO Workspace manifests out.

The library never prints and never exits: every room returns manifests and problems, and
`kaito_pack.cli` turns them into text, JSON and exit codes.
"""

__version__ = "0.1.0"
