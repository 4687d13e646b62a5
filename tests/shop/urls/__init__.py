"""The URLconfs of the shop, one for each group of hard cases."""
