"""RQ workers: they do what stands in rows."""
