"""The figures that say how good a model is, from scikit-learn."""
