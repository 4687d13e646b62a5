"""What one shop sells, in its own schema."""
