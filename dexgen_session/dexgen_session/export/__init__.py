"""Bags as data sets: frames at a fixed rate, episodes by engage spans, in three formats."""

FORMATS = ('lerobot', 'zarr', 'csv')
"""Formats that a bag can be exported to."""
