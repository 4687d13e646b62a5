"""The views of the shop, by what is hard about them."""
