"""Colours of the live page: what is drawn in the scene and named in its legend."""

COLORS = {
    'hand': (70, 78, 92),
    'object': (226, 142, 47),
    'dropped': (190, 60, 50),
    'commanded': (30, 130, 230),
    'actual': (40, 170, 90),
    'predicted': (160, 90, 210),
    'operator': (225, 150, 110),
    'lost': (150, 150, 150),
}
"""Red, green, blue from 0 to 255."""
LEGEND = {
    'commanded': 'commanded',
    'actual': 'actual',
    'predicted': 'predicted',
    'operator': 'operator',
}
"""Kinds of points with the words that the legend uses."""
