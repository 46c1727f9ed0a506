"""`python -m brokerlink` is the command line."""

from brokerlink.cli import main

if __name__ == "__main__":
    main()
