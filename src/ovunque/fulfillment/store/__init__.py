"""The fulfillment room's SQL, by what it is about."""
