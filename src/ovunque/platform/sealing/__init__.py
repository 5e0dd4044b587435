"""The journal sealed: what was written cannot be changed, left out or made up unseen.

Rows are written plainly; once a second a chain of digests is drawn over what is settled, and once
an hour its end is signed and told outside, where nobody who rewrites the database reaches.
"""
