"""`carat report`: how the program performs."""
