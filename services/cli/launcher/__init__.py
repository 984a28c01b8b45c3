"""Starts PostgreSQL and the processes of every service, keeps them running, and stops them."""
