"""Who calls: how it is proved at the endpoint, and to which ViewSets the proof is handed over."""
