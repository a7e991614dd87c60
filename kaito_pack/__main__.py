"""`python -m kaito_pack`: the same as the command `kaito-pack`."""

from kaito_pack.cli import main

if __name__ == "__main__":
    main()
