"""The commands of ``upi-risk``, a module each, imported when called: to start is not to load what training needs."""
