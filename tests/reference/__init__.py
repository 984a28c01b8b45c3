"""A second, scalar answer to every rule of the program, for comparison with the services."""
