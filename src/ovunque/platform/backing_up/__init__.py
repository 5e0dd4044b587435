"""Copies of the database that outlive it: a base, the log since, and the way back."""
