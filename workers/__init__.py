"""Runs the large jobs: the bulk engine (Ray or in-process), and the simulated membership."""
