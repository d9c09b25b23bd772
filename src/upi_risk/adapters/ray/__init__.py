"""Work done by a Ray cluster: https://docs.ray.io; an optional extra."""
