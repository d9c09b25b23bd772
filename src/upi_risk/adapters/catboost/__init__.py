"""The classifier: trained and asked through CatBoost."""
