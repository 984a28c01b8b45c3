"""The three services of Carat, their runtime and the command line."""
