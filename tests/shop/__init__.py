"""A shop whose ViewSets do what real projects do; the hard cases call each of them."""
