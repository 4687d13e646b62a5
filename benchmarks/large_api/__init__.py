"""A large company's back office: the catalog in which tools are searched."""
