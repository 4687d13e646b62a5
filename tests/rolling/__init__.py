"""A shop of two versions, which a deploy serves side by side."""
