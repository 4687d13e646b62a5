"""A zoo of serializers with payloads whose truth is checked, to measure a schema generator against."""
