"""Operation of an installation: health checks, metrics, probes, queues, statistics."""
