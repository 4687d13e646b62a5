"""How costs grow: with the number of tools, of rows in a list, and of clients that listen."""
