"""The report on a model: a page with figures that stands alone."""
