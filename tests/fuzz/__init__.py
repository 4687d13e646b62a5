"""Hostile input: what is sent, what must hold of each answer, and the commands that send it for long."""
