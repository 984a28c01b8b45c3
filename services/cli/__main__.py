"""The carat command where it is not installed: python -m services.cli."""

from services.cli.app import main

if __name__ == "__main__":
    main()
