"""Ninety days of the demo retailer, computed by the rooms' own rules, minute by minute."""
