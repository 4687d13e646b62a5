"""The demo with sign-in, as tests run it: clients' documents come from ``documents/`` and not from the internet."""
